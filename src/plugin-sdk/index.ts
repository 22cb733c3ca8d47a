// The contract between host and extension, and the only door an extension may use.
// Words and shapes are those of OpenClaw's own plugin contract, so that one extension serves both hosts;
// what only this host offers is optional and named so.
import type { Clock } from '../platform/clock.ts';
import type { Fetch } from '../platform/fetch.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { Locale } from '../language/locale.ts';
import type { DeviceFlowState } from '../oauth/login-phase.ts';
import type { LoopbackServer } from '../oauth/loopback-server.ts';
import type { OpenClawError } from '../errors.ts';
import type { Credential, OAuthCredential } from './credential.ts';

export type { ApiKeyCredential, Credential, OAuthCredential, TokenCredential } from './credential.ts';
export type { Clock } from '../platform/clock.ts';
export { systemClock } from '../platform/clock.ts';
export type { Fetch } from '../platform/fetch.ts';
export { createFetch } from '../platform/fetch.ts';
export type { Log } from '../platform/log.ts';
export type { Random } from '../platform/random.ts';
export { systemRandom } from '../platform/random.ts';
export type { Locale } from '../language/locale.ts';
export { fillText } from '../language/fill-text.ts';
export { textsOf } from '../language/texts.ts';
export { cleanText, foreignText } from '../platform/text.ts';
export { Secret } from '../platform/secret.ts';
export type {
  DeviceOffer,
  Dialect,
  NamedError,
  NoAnswer,
  ServerAnswer,
  TokenAnswer,
} from '../oauth/dialect.ts';
export { createOAuthClient, toLoginError } from '../oauth/oauth-client.ts';
export type { Grant, OAuthClient, PendingLogin, RequestFailure } from '../oauth/oauth-client.ts';
export { awaitApproval, startDeviceLogin } from '../oauth/device-flow.ts';
export type { DeviceStart } from '../oauth/device-flow.ts';
export type { DeviceFlowState, DeviceStartState } from '../oauth/login-phase.ts';
export { awaitAuthorization } from '../oauth/code-flow.ts';
export type { CodeFlowDeps, ShownAuthorization } from '../oauth/code-flow.ts';
export { startLoopbackServer } from '../oauth/loopback-server.ts';
export type { LoopbackServer } from '../oauth/loopback-server.ts';
export { discoverServer } from '../oauth/server-metadata.ts';
export { createStandardDialect } from '../oauth/standard-dialect.ts';
export { readJsonAnswer, requireHttps } from '../oauth/form-post.ts';
export { OpenClawError, isOpenClawError } from '../errors.ts';
export type { ErrorCode } from '../errors.ts';

export type PluginDefinition = {
  id: string;
  name: string;
  description: string;
  /** May be called several times in a process: no side effects, no I/O. */
  register(api: PluginApi): void;
};

export type PluginApi = {
  readonly id: string;
  /** The whole configuration, read only. */
  readonly config: Readonly<Record<string, unknown>>;
  /** `plugins.entries[<id>].config`, not yet checked. */
  readonly pluginConfig: unknown;
  readonly logger: Log;
  /** Network, time and chance as this host provides them; another host leaves them out. */
  readonly ports?: PluginPorts;
  registerProvider(provider: ProviderPlugin): void;
};

export type PluginPorts = { fetch: Fetch; clock: Clock; random: Random };

export type ProviderPlugin = {
  id: string;
  label: string;
  aliases?: readonly string[];
  /** Environment variables that hold a credential of this provider. */
  envVars?: readonly string[];
  auth: readonly AuthMethod[];
  /** Its server speaks these too, for all models of the catalogue. This host only. */
  furtherApis?: readonly ModelApi[];
  /** Model ids that some of its plans have not, where the service does not tell which. This host only. */
  notInEveryPlan?: readonly string[];
  catalog?: { run(context: CatalogContext): ProviderCatalog | Promise<ProviderCatalog> };
  /** The value that goes on the wire as key, from a stored credential. */
  formatApiKey?(credential: Credential): string;
  /**
   * Trades the refresh token for a new pair. In this host it throws LOGIN_DEAD when the server called the grant dead,
   * and REFRESH_FAILED for everything that may pass, with `data.retryAfterMs` when the server named a time, and with
   * `data.sent: false` when the request cannot have reached the server.
   */
  refreshOAuth?(credential: OAuthCredential, context?: RefreshContext): Promise<OAuthCredential>;
  /** Tells the server to forget the grant (RFC 7009); true when it did. This host only. */
  revokeOAuth?(credential: OAuthCredential, context?: RefreshContext): Promise<boolean>;
  prepareRuntimeAuth?(context: RuntimeAuthContext): RuntimeAuth | Promise<RuntimeAuth>;
  resolveUsageAuth?(
    context: RuntimeAuthContext,
  ): { token: string; baseUrl?: string } | Promise<{ token: string; baseUrl?: string }>;
  fetchUsageSnapshot?(context: UsageContext): Promise<UsageSnapshot>;
  /** Why a token that was granted a moment ago may be refused. This host only. */
  explainRefusal?(context: RuntimeAuthContext): OpenClawError | undefined;
  buildAuthDoctorHint?(context: { profileId: string; region?: string }): string | undefined;
  buildMissingAuthMessage?(context: { provider: string }): string | undefined;
};

/** A login that was begun in one process and is finished in another. */
export type StartedLogin = {
  /** Everything that `complete` needs, as JSON; it holds secrets and is kept sealed. */
  pending: Readonly<Record<string, unknown>>;
  prompt: DeviceCodePrompt;
  /** Under which the login will be kept. */
  profileId: string;
};

export type CompleteOptions = {
  /** Takes what `pending` has become: with it another process goes on at the pace that the server asked for. */
  keep(pending: StartedLogin['pending']): void;
  /** The server is asked at least once, and no answer that is on its way is given up. */
  waitMs?: number;
};

export type AuthMethod = {
  id: string;
  label: string;
  hint?: string;
  kind: 'oauth' | 'api_key' | 'token' | 'device_code' | 'custom';
  run(context: AuthContext): Promise<AuthResult>;
  /** Without a terminal: never asks; throws INPUT_REQUIRED naming the missing flag. */
  runNonInteractive?(context: AuthContext): Promise<AuthResult>;
  /** Begins a device login and does not wait. This host only. */
  start?(context: AuthContext): Promise<StartedLogin>;
  /** Waits for the approval of what `start` began, for as long as the code lives. LOGIN_PENDING after `waitMs`. */
  complete?(
    context: AuthContext,
    pending: StartedLogin['pending'],
    options: CompleteOptions,
  ): Promise<AuthResult>;
};

export type AuthContext = {
  readonly config: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly prompter: AuthPrompter;
  /** Shows the URL in the person's browser if there is one; false when that was not possible. Never depended on. */
  openUrl(url: string): Promise<boolean>;
  /** True where a browser on this machine is of no use (SSH, container). */
  readonly isRemote: boolean;
  readonly signal: AbortSignal;
  /** Command-line options by their long names in camel case: `region`, `profileId`. */
  readonly opts: Readonly<Record<string, string | boolean | undefined>>;
  /** How the person is led; absent in a host that leaves that to the method. */
  readonly flow?: LoginFlow;
  /** What the person reads, or the program behind them; English when absent. */
  readonly locale?: Locale;
};

/** This host only. */
export type LoginFlow = {
  /** `loopback`: by the browser of this machine, which can reach a listener here. May change when the person asks. */
  current(): 'loopback' | 'device';
  /** Aborts when `current` changes; a new one afterwards. */
  turn(): AbortSignal;
  /** The one listener of this login, started when first asked for; the host tells it the end and closes it. */
  loopback(): Promise<LoopbackServer>;
};

export type AuthPrompter = {
  note(message: string, title?: string): void;
  progress(label: string): { update(message: string): void; stop(message?: string): void };
  select(question: { message: string; options: readonly SelectOption[]; flag?: string }): Promise<string>;
  text(question: { message: string; placeholder?: string; flag?: string; secret?: boolean }): Promise<string>;
  confirm(question: { message: string; initialValue?: boolean; flag?: string }): Promise<boolean>;
  /** Shows the user code and where to enter it (RFC 8628 section 3.3). This host has it; another may not. */
  deviceCode?(prompt: DeviceCodePrompt): DeviceCodeDisplay;
  /** Sends the person to an authorization page that comes back to a listener here (RFC 8252). This host only. */
  authorization?(prompt: AuthorizationPrompt): AuthorizationDisplay;
};

export type SelectOption = { value: string; label: string; hint?: string };

export type DeviceCodePrompt = {
  userCode: string;
  verificationUrl: string;
  /** False when the URL's host is not one of the provider's: it is shown as text and never opened. */
  trusted: boolean;
  /** How long the code lives, milliseconds. */
  expiresInMs: number;
  /** `Global`. */
  regionLabel: string;
  /** `account.minimax.io`. */
  host: string;
  /** `MiniMax`. */
  providerLabel: string;
};

export type AuthorizationPrompt = {
  authorizationUrl: string;
  trusted: boolean;
  regionLabel: string;
  host: string;
  providerLabel: string;
  expiresInMs: number;
  /** Takes the address where a browser ended that could not reach the listener; the reason when it is refused. */
  paste(url: string): string | undefined;
};

export type AuthorizationDisplay = { stop(): void };

export type DeviceCodeDisplay = {
  /** The host has opened what is to be opened: the method leaves the browser alone. */
  readonly opensBrowser?: true;
  update(state: DeviceFlowState): void;
  stop(): void;
};

export type AuthResult = {
  profiles: readonly { profileId: string; credential: Credential }[];
  /** Configuration keys to set, as a tree. */
  configPatch?: Readonly<Record<string, unknown>>;
  /** Model ref, `provider/model`. */
  defaultModel?: string;
  /** Lines to show after success; text of a server is already cleaned. */
  notes?: readonly string[];
};

export type RefreshContext = { signal?: AbortSignal };

export type CatalogContext = {
  readonly config: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
};

export type ModelApi = 'anthropic-messages' | 'openai-completions' | 'openai-responses';

export type ProviderCatalog = {
  provider: { baseUrl: string; api: ModelApi; models: readonly ModelDefinition[] };
};

export type ModelDefinition = {
  id: string;
  name: string;
  reasoning: boolean;
  input: readonly ('text' | 'image')[];
  /** USD per million tokens; 0 where a plan pays. */
  cost: { input: number; output: number; cacheRead: number; cacheWrite: number };
  contextWindow: number;
  maxTokens: number;
};

export type RuntimeAuthContext = { profileId: string; credential: Credential };

export type RuntimeAuth = {
  apiKey: string;
  /** Origin and path before `/v1/messages`. */
  baseUrl?: string;
  /** By API, for `furtherApis`: what stands before `/chat/completions` or `/responses`. This host only. */
  baseUrls?: Readonly<Partial<Record<ModelApi, string>>>;
  /** Milliseconds since the Unix epoch. */
  expiresAt?: number;
  /** The complete authentication headers, lower-case names. Without them: `Authorization: Bearer <apiKey>`. */
  headers?: Readonly<Record<string, string>>;
};

export type UsageContext = { profileId: string; credential: Credential; signal?: AbortSignal };

export type UsageWindow = {
  label: string;
  usedPercent: number;
  /** Milliseconds since the Unix epoch. */
  resetAt?: number;
  /** For hosts that have a word of their own for it. This host only. */
  period?: 'window' | 'week';
};

export type UsageSnapshot = {
  provider: string;
  displayName: string;
  windows: readonly UsageWindow[];
  /** Model ids of its catalogue that the plan has not, as far as the service says so. This host only. */
  notInPlan?: readonly string[];
  plan?: string;
  summary?: string;
  /** Set when the call did not work: `unauthorized` means that the server refused the token. */
  error?: string;
};
