// What the resolver hands to the gateway for one attempt of one request.
import type { ModelApi } from '../plugin-sdk/index.ts';

/**
 * One for each attempt, told when it is known: `ok` best as soon as the answer has begun, for one request at a time tries
 * whether a cooldown is over. An attempt that is repeated with the same lease tells of its last try alone.
 */
export type LeaseOutcome =
  /** `sentAtMs`: when the attempt was sent, wall time; it disproves what was said of the login before that. */
  | { kind: 'ok'; sentAtMs?: number }
  /** The upstream refused the token (401, or a body that says so). Begins no cooldown: a newer token may be taken. */
  | { kind: 'auth'; detail: string }
  /**
   * Anything else that failed; the name of its class (see cooldown.ts for those that begin a cooldown), the wait that the
   * upstream asked for, and when the plan's window starts anew (wall time). May be told again when that is known later.
   * `sentAtMs` as of `ok`: what was sent before a cooldown began says nothing new.
   */
  | { kind: 'failed'; reason: string; retryAfterMs?: number; resetAtMs?: number; sentAtMs?: number }
  /** It ended before the upstream said anything: the client left. */
  | { kind: 'unknown' };

export type Lease = {
  readonly profileId: string;
  readonly provider: string;
  /** Origin and path of the upstream API, without a trailing slash: `https://api.minimax.io/anthropic`. */
  readonly baseUrl: string;
  /** The same by API, where one address does not serve them all. */
  readonly baseUrls?: Readonly<Partial<Record<ModelApi, string>>>;
  /** Complete authentication headers, lower-case names. One object a credential, built once. */
  readonly headers: Readonly<Record<string, string>>;
  /** Generation of the credential behind it; 0 and below for a key of the configuration or the environment. */
  readonly generation: number;
  /** What to do when the upstream refuses it, where its provider knows more than the usual: a remedy. */
  readonly ifRefused?: string;
  /** Tells how the attempt went. Cheap, never throws, does no I/O before it returns. */
  report(outcome: LeaseOutcome): void;
};

/** Where a request of this API goes. */
export function baseUrlFor(lease: Pick<Lease, 'baseUrl' | 'baseUrls'>, api: ModelApi): string {
  return lease.baseUrls?.[api] ?? lease.baseUrl;
}

export type LeaseOptions = {
  signal?: AbortSignal;
  /** The lease whose token the upstream has just refused: answers with a newer token, refreshing if none is stored. */
  rejected?: Lease;
  /** What a client calls its session: it stays with one login while that works. At most 200 characters. */
  session?: string;
  /** Logins that this request has tried. */
  exclude?: ReadonlySet<string>;
  /** Nothing else is left for this request: a login that cools down is lent too, unless it met a limit. */
  cooling?: boolean;
};

export type Resolver = {
  /**
   * A usable login for the provider and the model: the first in order that does not cool down. Answers from memory,
   * synchronously, while its access token is valid; a Promise only when a refresh has to be waited for.
   * Errors (thrown or rejected):
   * - COOLING_DOWN: what is left cools down. `data.retryAfterMs`: the soonest of all the provider's logins, those that
   *   were excluded with them; `data.reason`: why that one cools down.
   * - NO_PROFILE: there is none; `data.excluded` true: all that work are excluded, with `data.retryAfterMs` of the
   *   soonest, where they cool down by now.
   * - LOGIN_DEAD; REFRESH_FAILED (`data.profileId`: exclude it to go on); those of the store and the key.
   */
  lease(provider: string, model: string, options?: LeaseOptions): Lease | Promise<Lease>;
};
