// Decides when an address has sent too many wrong tokens: ten in a minute are each told so, then it is limited for five
// minutes. It counts wrong tokens alone and stops nobody who has the right one: that is the guard's, which asks here only
// about what was wrong. What a limit is good for: the log has one line for it and not one for each attempt, and each
// further attempt costs whoever makes it a connection. A token of 256 bits is out of reach of guessing without it.
import { isIP } from 'node:net';

const wrongTokensAllowed = 10;
const windowMs = 60_000;
const limitMs = 5 * 60_000;
/** About 100 bytes each. */
const maxAddresses = 1_024;

export type TokenAttempt =
  | { kind: 'counted' }
  | { kind: 'limited'; /** With this attempt. */ begins: boolean; retryAfterMs: number };

export type TokenAttempts = {
  /** Counts one wrong token. `nowMs` is monotonic. A limit that runs is not lengthened by more of them. */
  wrong(address: string, nowMs: number): TokenAttempt;
  /** How many addresses are remembered. */
  size(): number;
};

/** `times` is a ring of the last ten attempts, `next` the place of the oldest. */
type Source = { times: Float64Array; next: number; limitedUntilMs: number };

export function createTokenAttempts(): TokenAttempts {
  const sources = new Map<string, Source>();

  /** One that is limited goes last: else many addresses could talk one of them free. */
  const makeRoom = (nowMs: number): void => {
    if (sources.size < maxAddresses) return;
    let victim: string | undefined;
    for (const [name, source] of sources) {
      victim ??= name;
      if (source.limitedUntilMs > nowMs) continue;
      victim = name;
      break;
    }
    if (victim !== undefined) sources.delete(victim);
  };

  return {
    wrong(address, nowMs) {
      const name = sourceOf(address);
      let source = sources.get(name);
      if (source === undefined) {
        makeRoom(nowMs);
        source = {
          times: new Float64Array(wrongTokensAllowed).fill(-Infinity),
          next: 0,
          limitedUntilMs: -Infinity,
        };
      } else if (source.limitedUntilMs > nowMs) {
        return { kind: 'limited', begins: false, retryAfterMs: source.limitedUntilMs - nowMs };
      } else sources.delete(name);
      // The latest to try is the last to be forgotten.
      sources.set(name, source);
      if (nowMs - (source.times[source.next] ?? -Infinity) < windowMs) {
        source.times.fill(-Infinity);
        source.limitedUntilMs = nowMs + limitMs;
        return { kind: 'limited', begins: true, retryAfterMs: limitMs };
      }
      source.times[source.next] = nowMs;
      source.next = (source.next + 1) % wrongTokensAllowed;
      return { kind: 'counted' };
    },
    size: () => sources.size,
  };
}

/** IPv4 also as an IPv6 socket writes it; of IPv6 the first 64 bits, which one machine has to itself (RFC 4291). */
export function sourceOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(address) !== 6 || address === '::1') return address;
  const bare = address.split('%', 1)[0] ?? address;
  const [head = '', tail] = bare.split('::', 2);
  const groups = head === '' ? [] : head.split(':');
  const tailGroups = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - groups.length - tailGroups.length;
  const whole = [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...tailGroups];
  return `${whole
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
