// What the portal can be told to do differently, before it starts and while it runs: lifetimes, shapes of answers,
// skewed dates, a full plan. Decides the defaults and which values are acceptable; what each one does is decided
// where it is read. A change applies to what is issued after it, never to what was issued before.
import { z } from 'zod';

const TEN_YEARS_MS = 10 * 365 * 86_400_000;
const durationMs = z.number().int().min(0).max(TEN_YEARS_MS);
const jsonObject = z.record(z.string(), z.json());

export const settingsSchema = z.strictObject({
  /** Lifetime of an access token. */
  accessTtlMs: durationMs.min(1),
  /** Logins approve themselves after this long; null waits for a person. Read when the login opens. */
  autoApproveMs: durationMs.nullable(),
  /** Lifetime of a user code. */
  codeTtlMs: durationMs.min(1),
  /** The `interval` that is handed out, and enforced between the arrivals of two polls. */
  pollIntervalMs: durationMs,
  /** How much earlier than the interval a poll may arrive: jitter of the network, not of the client. */
  pollToleranceMs: durationMs,
  /** `status` answers 200 {"status":…}; `rfc` answers 400 {"error":…} (RFC 8628 section 3.5). */
  pendingStyle: z.enum(['status', 'rfc']),
  /** How invalid_client and invalid_grant are said: 400 {"error":…}, or 200 with `base_resp` 40001 / 40004. */
  errorStyle: z.enum(['rfc', 'base_resp']),
  /** False: a refresh keeps the refresh token and leaves it out of the answer. */
  rotate: z.boolean(),
  resourceUrlStyle: z.enum(['origin', 'anthropic', 'anthropic-v1', 'none']),
  /** Unit of `expired_in` in grants. */
  expiryUnit: z.enum(['epoch-ms', 'epoch-s', 'relative-s']),
  /** Unit of `expired_in` in device authorizations. */
  codeExpiryUnit: z.enum(['epoch-ms', 'epoch-s', 'relative-s']),
  /** What the old paths on the API host do: answer 307 to the account host, or serve the old dialect. */
  legacy: z.enum(['redirect', 'serve']),
  /** How far the server's clock is ahead of the client's: shifts `Date` headers and every absolute time. */
  dateSkewMs: z.number().int().min(-TEN_YEARS_MS).max(TEN_YEARS_MS),
  /** API keys that are taken in place of an access token, for models alone. */
  apiKeys: z.array(z.string().regex(/^[\x21-\x7e]+$/)),
  /**
   * What a message of the role `system` behind the first one meets in the Anthropic protocol, where newer clients put
   * reminders: it is read, or refused as MiniMax did when they began with it.
   */
  innerSystemRole: z.enum(['accept', 'refuse']),
  /** Used share of the plan; from 100 on, model calls are answered 429 "usage limit exceeded". */
  planUsedPercent: z.number().min(0).max(100),
  /** Models that exist, but not in this plan (2061). */
  modelsOutsidePlan: z.array(z.string()),
  /** Which names of the plan-usage endpoint exist. */
  usagePath: z.enum(['both', 'new', 'old']),
  /** Shape of a rejected token; `auto` picks by reason and endpoint. */
  authErrorStyle: z.enum(['auto', 'authentication_error', 'authorized_error', 'base_resp']),
  /** Sent with every grant; null leaves it out. */
  notificationMessage: z.string().max(20_000).nullable(),
  /** Number of text deltas in a stream; null splits by words. */
  chunkCount: z.number().int().min(1).max(100_000).nullable(),
  chunkDelayMs: durationMs,
  /** Members laid over the JSON of an answer; null removes the member. For answers no honest server would give. */
  overrides: z.strictObject({ device: jsonObject, grant: jsonObject }).partial(),
});

export type Settings = z.output<typeof settingsSchema>;

export const settingsPatchSchema = settingsSchema.partial();
export type SettingsPatch = z.input<typeof settingsPatchSchema>;

export const DEFAULT_SETTINGS: Settings = {
  accessTtlMs: 3_600_000,
  autoApproveMs: null,
  codeTtlMs: 300_000,
  pollIntervalMs: 3000,
  pollToleranceMs: 50,
  pendingStyle: 'status',
  errorStyle: 'rfc',
  rotate: true,
  resourceUrlStyle: 'anthropic',
  expiryUnit: 'epoch-ms',
  codeExpiryUnit: 'epoch-ms',
  legacy: 'redirect',
  dateSkewMs: 0,
  apiKeys: [],
  innerSystemRole: 'accept',
  planUsedPercent: 25,
  modelsOutsidePlan: [],
  usagePath: 'both',
  authErrorStyle: 'auto',
  notificationMessage: null,
  chunkCount: null,
  chunkDelayMs: 0,
  overrides: {},
};

/** @throws ZodError when a value is not acceptable or a name is not known. */
export function applySettings(current: Settings, patch: SettingsPatch): Settings {
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  return settingsSchema.parse({ ...current, ...given });
}
