// The three examples of the documentation, as a person would paste them.

export const apiKeyExample = `{ // API key, Anthropic-compatible
  env: { MINIMAX_API_KEY: "sk-..." },
  agents: { defaults: { model: { primary: "minimax/MiniMax-M2.1" } } },
  models: { mode: "merge", providers: { minimax: {
    baseUrl: "https://api.minimax.io/anthropic", apiKey: "\${MINIMAX_API_KEY}", api: "anthropic-messages",
    models: [{ id: "MiniMax-M2.1", name: "MiniMax M2.1", reasoning: false, input: ["text"],
      cost: { input: 15, output: 60, cacheRead: 2, cacheWrite: 10 }, contextWindow: 200000, maxTokens: 8192 }] } } },
}
`;

export const failoverExample = `{ // Opus first, MiniMax when it fails
  env: { MINIMAX_API_KEY: "sk-..." },
  agents: { defaults: {
    models: { "anthropic/claude-opus-4-6": { alias: "opus" }, "minimax/MiniMax-M2.1": { alias: "minimax" } },
    model: { primary: "anthropic/claude-opus-4-6", fallbacks: ["minimax/MiniMax-M2.1"] } } },
}
`;

export const localModelExample = `{ // a local model in LM Studio
  agents: { defaults: { model: { primary: "lmstudio/minimax-m2.1-gs32" }, models: { "lmstudio/minimax-m2.1-gs32": { alias: "Minimax" } } } },
  models: { mode: "merge", providers: { lmstudio: {
    baseUrl: "http://127.0.0.1:1234/v1", apiKey: "lmstudio", api: "openai-responses",
    models: [{ id: "minimax-m2.1-gs32", name: "MiniMax M2.1 GS32", reasoning: false, input: ["text"],
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }, contextWindow: 196608, maxTokens: 8192 }] } } },
}
`;
