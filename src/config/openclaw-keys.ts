// Data: the keys that OpenClaw itself takes in the sections that this program reads, and the words that some of them may
// hold. From OpenClaw's config schema (github.com/openclaw/openclaw, src/config/zod-schema*.ts and types.*.ts), all
// releases up to 2026.9 together: a key of an older or newer one is no reason for a warning. `*` stands for a name that
// a person chose, or for an index. What is checked is decided in known-keys.ts.

const list = (names: string): readonly string[] => names.trim().split(/\s+/);

const backoffs =
  list(`billingBackoffHours billingBackoffHoursByProvider billingMaxHours authPermanentBackoffMinutes
  authPermanentMaxMinutes failureWindowHours overloadedProfileRotations overloadedBackoffMs
  rateLimitedProfileRotations`);

/** By section; the empty one is the file itself. A section that is not here is not checked. */
export const openClawKeys: Readonly<Record<string, readonly string[]>> = {
  '': list(`$schema accessGroups acp agents approvals audio audit auth bindings broadcast browser canvasHost channels cli
    cloudWorkers commands commitments crestodian cron diagnostics discovery env gateway hooks logging marketplaces mcp
    media memory messages meta models multiAgent nodeHost plugins proxy secrets security session skills surfaces
    systemAgent talk tools transcripts ui update vault web wizard`),
  'env.shellEnv': list('enabled timeoutMs'),
  agents: list('defaults list'),
  'agents.defaults':
    list(`additionalSystemPrompt blockStreamingBreak blockStreamingChunk blockStreamingCoalesce
    blockStreamingDefault bootstrapMaxChars bootstrapPromptTruncationWarning bootstrapTotalMaxChars cliBackends
    compaction contextInjection contextLimits contextPruning contextTokens decisionModel elevatedDefault embeddedAgent
    embeddedPi envelopeElapsed envelopeTimestamp envelopeTimezone experimental fastModeDefault heartbeat humanDelay
    imageGenerationModel imageMaxDimensionPx imageModel imageQuality maxConcurrent mediaGenerationAutoProviderFallback
    mediaMaxMb mediaModels memorySearch model modelPolicy models musicGenerationModel params pdfMaxBytesMb pdfMaxMb
    pdfMaxPages pdfModel promptOverlays reasoningDefault repoRoot runRetries sandbox silentReply silentReplyRewrite
    skills skipBootstrap skipOptionalBootstrapFiles startupContext subagents systemAgent systemPromptOverride
    thinkingDefault timeFormat timeoutSeconds toolProgressDetail typingIntervalSeconds typingMode userTimezone
    utilityModel verboseDefault videoGenerationModel voiceModel workspace`),
  'agents.defaults.model': list('primary fallbacks'),
  'agents.defaults.models.*': list('alias params streaming agentRuntime pickerRuntimes codeMode'),
  models: list('mode providers bedrockDiscovery catalogRefresh pricing proxy'),
  'models.providers.*':
    list(`baseUrl apiKey auth api contextWindow contextTokens maxTokens timeoutSeconds region
    injectNumCtxForOpenAICompat params agentRuntime localService headers authHeader request models`),
  'models.providers.*.models.*':
    list(`id name api baseUrl reasoning input cost contextWindow contextTokens maxTokens
    thinkingLevelMap params agentRuntime headers compat mediaInput metadataSource streaming`),
  'models.providers.*.models.*.cost': list('input output cacheRead cacheWrite tieredPricing'),
  auth: list('profiles order cooldowns'),
  'auth.profiles.*': list('provider mode email displayName'),
  'auth.cooldowns': backoffs,
  plugins: list('enabled allow deny load slots entries installs bundledDiscovery'),
  'plugins.load': list('paths'),
  'plugins.slots': list('memory contextEngine'),
  'plugins.entries.*': list('enabled hooks subagent llm config'),
  'plugins.entries.*.hooks': list('allowPromptInjection allowConversationAccess timeoutMs timeouts'),
  'plugins.entries.*.subagent': list('allowModelOverride allowedModels'),
  'plugins.entries.*.llm':
    list(`allowModelOverride allowedModels allowedCompletionModels allowAuthProfileOverride
    allowAgentIdOverride`),
  gateway: list(`port mode bind customBindHost controlUi auth trustedProxies allowRealIpFallback tools webchat
    handshakeTimeoutMs channelHealthCheckMinutes channelStaleEventThresholdMinutes channelMaxRestartsPerHour tailscale
    remote reload roles tls http push nodes`),
  'gateway.auth': list('mode token password allowTailscale rateLimit trustedProxy'),
  'gateway.auth.rateLimit': list('maxAttempts windowMs lockoutMs exemptLoopback'),
  'gateway.auth.trustedProxy': list('userHeader requiredHeaders allowUsers allowLoopback'),
  'gateway.reload': list('mode debounceMs deferralTimeoutMs'),
  'gateway.tailscale': list('mode resetOnExit serviceName preserveFunnel'),
  'gateway.remote':
    list(`url transport remotePort token password edgeAuth tlsFingerprint sshTarget sshIdentity
    sshHostKeyPolicy`),
};

/** The APIs that OpenClaw speaks; this program speaks the first three. */
const apis = list(`anthropic-messages openai-completions openai-responses openai-codex-responses
  openai-chatgpt-responses azure-openai-responses google-generative-ai google-vertex google-antigravity github-copilot
  bedrock-converse-stream ollama`);

/** Words that a key may hold, where there are not many. */
export const openClawWords: Readonly<Record<string, readonly string[]>> = {
  'models.providers.*.api': apis,
  'models.providers.*.models.*.api': apis,
  'models.providers.*.auth': list('api-key aws-sdk oauth token'),
  'models.providers.*.models.*.input.*': list('text image video audio document'),
  'auth.profiles.*.mode': list('oauth token api_key aws-sdk'),
  'gateway.mode': list('local remote'),
  'gateway.auth.mode': list('none token password trusted-proxy'),
};

/** Where its gateway may listen. */
export const openClawBinds = ['auto', 'lan', 'loopback', 'custom', 'tailnet'] as const;

/** The providers that it brings itself: every other one needs a baseUrl and a list of models. */
export const openClawProviders: readonly string[] =
  list(`amazon-bedrock amazon-bedrock-mantle anthropic anthropic-vertex arcee azure-openai-responses byteplus
    byteplus-plan cerebras chutes claude-cli clawrouter cloudflare-ai-gateway codex comfy copilot-proxy dashscope
    deepinfra deepseek fal fireworks github-copilot gmi gmi-cloud gmicloud google google-antigravity google-gemini-cli
    google-vertex groq huggingface kilocode kimi kimi-coding litellm lmstudio meta microsoft-foundry minimax
    minimax-portal mistral modelstudio moonshot moonshot-ai moonshotai novita novita-ai novitaai nvidia ollama
    ollama-cloud openai opencode opencode-go openrouter qianfan qwen qwen-token-plan qwencloud sglang stepfun
    stepfun-plan synthetic tencent-tokenhub tencent-tokenplan together venice vercel-ai-gateway vllm volcengine
    volcengine-plan vydra x-ai xai xiaomi xiaomi-token-plan z-ai z.ai zai`);

/** What OpenClaw leaves in a file that it has written. */
export const openClawMarks: readonly string[] = ['meta', 'wizard'];

/** Then it reads the file too, and has plugins and models of its own in mind. `raw`: as written. */
export function isWrittenByOpenClaw(raw: Readonly<Record<string, unknown>>): boolean {
  return openClawMarks.some((mark) => Object.hasOwn(raw, mark));
}
