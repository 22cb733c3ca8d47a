// The gateway's bounds on size and time, in one place, so that a test or an operator can set them.
import { OpenClawError } from '../errors.ts';
import type { Env } from '../platform/env.ts';
import { cleanText } from '../platform/text.ts';

export type GatewayLimits = {
  /** Request body, bytes. It is kept whole until the answer starts, for the retry after a refused token. */
  readonly maxBodyBytes: number;
  readonly maxHeaderBytes: number;
  /** How much of an upstream's error body is held back for its classification. */
  readonly maxHeldBytes: number;
  readonly connectTimeoutMs: number;
  /** From the request sent to the upstream's header; a long answer that is not streamed takes minutes. */
  readonly upstreamHeadersTimeoutMs: number;
  /** Silence within an upstream's body. Equal to the one before, undici need not change its timer in every answer. */
  readonly upstreamIdleTimeoutMs: number;
  readonly clientHeadersTimeoutMs: number;
  /** A client's whole request, header and body. */
  readonly clientRequestTimeoutMs: number;
  readonly clientKeepAliveTimeoutMs: number;
  /** How often the two time-outs of requests are looked at. */
  readonly clientCheckIntervalMs: number;
  /** Open at once, from all and from one address that is not loopback; what comes over it is closed. */
  readonly maxConnections: number;
  readonly maxConnectionsOfAddress: number;
  /** How long a refused upload is read on and thrown away, so that the client gets to see the refusal. */
  readonly lingerMs: number;
};

export const defaultLimits: GatewayLimits = {
  maxBodyBytes: 64 * 1024 * 1024,
  maxHeaderBytes: 32 * 1024,
  maxHeldBytes: 64 * 1024,
  connectTimeoutMs: 10_000,
  upstreamHeadersTimeoutMs: 600_000,
  upstreamIdleTimeoutMs: 600_000,
  clientHeadersTimeoutMs: 15_000,
  clientRequestTimeoutMs: 120_000,
  clientKeepAliveTimeoutMs: 75_000,
  clientCheckIntervalMs: 5_000,
  maxConnections: 4_096,
  maxConnectionsOfAddress: 512,
  lingerMs: 2_000,
};

const idleTimeoutKey = 'OPENCLAW_GATEWAY_IDLE_TIMEOUT';
const longestIdleSeconds = 86_400;

/** What the environment says otherwise. Throws CONFIG_INVALID with the variable. */
export function readLimits(env: Env): Partial<GatewayLimits> {
  const text = env[idleTimeoutKey]?.trim() ?? '';
  if (text === '') return {};
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds > longestIdleSeconds) {
    throw new OpenClawError({
      code: 'CONFIG_INVALID',
      message: `${idleTimeoutKey} is how long an upstream may be silent, in whole seconds, 0 for ever and ${longestIdleSeconds} at most; there is ${JSON.stringify(cleanText(text, 60))}`,
      data: { place: idleTimeoutKey },
    });
  }
  return { upstreamHeadersTimeoutMs: seconds * 1000, upstreamIdleTimeoutMs: seconds * 1000 };
}
