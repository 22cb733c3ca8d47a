// How long a login goes its way when the person may take the other one: waiting ends at once, a request that is under
// way gets a moment, since its answer may be the grant, and a server gives that once.
import type { AuthContext, Clock } from '../../src/plugin-sdk/index.ts';

const graceMs = 2_000;

/** `turn` aborts when the person takes the other way. */
export function untilSwitch(context: AuthContext, turn: AbortSignal | undefined): AbortSignal {
  return turn === undefined ? context.signal : AbortSignal.any([context.signal, turn]);
}

export function untilSwitchIsOver(
  context: AuthContext,
  turn: AbortSignal | undefined,
  clock: Clock,
): AbortSignal {
  if (turn === undefined) return context.signal;
  const over = new AbortController();
  const begin = (): void =>
    void clock.setTimer(() => over.abort(turn.reason as Error), graceMs, { unref: true });
  turn.addEventListener('abort', begin, { once: true });
  return AbortSignal.any([context.signal, over.signal]);
}
