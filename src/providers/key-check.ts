// Whether an API key works, before it is kept: one call that costs nothing, at the address where the key will be used and
// nowhere else. What is asked is the vendor's; here are the time that it may take and what a failure of the network says.
import type { Clock } from '../platform/clock.ts';
import { loadFetch, type Fetch } from '../platform/fetch.ts';
import { describeNetworkError } from '../oauth/network-error.ts';

export type KeyVerdict =
  | { readonly kind: 'works' }
  /** The server said that it does not know the key. */
  | { readonly kind: 'refused' }
  /** `reason`: a clause, fit to be shown. Says nothing against the key. */
  | { readonly kind: 'unknown'; readonly reason: string };

export type KeyQuestion = {
  readonly fetch: Fetch;
  /** That of the API which the provider speaks first, as of `baseUrlOf`. */
  readonly baseUrl: string;
  readonly key: string;
  readonly signal: AbortSignal;
};

export type CheckKey = (question: KeyQuestion) => Promise<KeyVerdict>;

export const keyCheckLimitMs = 10_000;

/** Rejects with the reason of `signal` and nothing else: a server that does not answer loses nobody's key. */
export async function checkKey(
  deps: { fetch: Fetch; clock: Clock },
  check: CheckKey,
  place: { baseUrl: string; key: string },
  signal: AbortSignal,
): Promise<KeyVerdict> {
  const deadline = new AbortController();
  let cancel: () => void = () => undefined;
  try {
    // Not a part of the server's time.
    await loadFetch();
    cancel = deps.clock.setTimer(() => deadline.abort(), keyCheckLimitMs, { unref: true });
    return await check({
      fetch: deps.fetch,
      ...place,
      signal: AbortSignal.any([signal, deadline.signal]),
    });
  } catch (error) {
    signal.throwIfAborted();
    const reason = deadline.signal.aborted
      ? `no answer within ${keyCheckLimitMs / 1000} s`
      : describeNetworkError(error, [place.key]).reason;
    return { kind: 'unknown', reason: `${new URL(place.baseUrl).host}: ${reason}` };
  } finally {
    cancel();
  }
}
