// How long a request had to wait for a token, and how much of that no program could have avoided. Pure.
import type { EventOf } from './events.ts';
import type { History } from './history.ts';
import { lengthOutside, type Interval } from './intervals.ts';
import { doomOf, killWindow } from './windows.ts';

export type Stall = {
  readonly pid: number;
  readonly fromMs: number;
  readonly rawMs: number;
  readonly netMs: number;
};

export const netExcludes =
  'net leaves out: the server made to hang, fail or be late; its Retry-After for whoever got it; the process itself ' +
  'stopped; the holder of a lock stopped, or killed and not yet gone; and a lost login until the new one';

export type Stalls = { readonly rawMs: number; readonly longest: Stall | undefined };

/** From the first call that had no token at once until the first one that had, per process. */
export function longestStalls(history: History): Stalls {
  const everywhere = unavoidable(history);
  let rawMs = 0;
  let longest: Stall | undefined;
  for (const wait of waitsOf(history)) {
    const own = [...(history.stops.get(wait.pid) ?? []), ...retryAfters(history, wait.pid)];
    const netMs = lengthOutside(wait, [...everywhere, ...own]);
    const stall = { pid: wait.pid, fromMs: wait.fromMs, rawMs: wait.toMs - wait.fromMs, netMs };
    rawMs = Math.max(rawMs, stall.rawMs);
    if (longest === undefined || netMs > longest.netMs) longest = stall;
  }
  return { rawMs, longest };
}

type Wait = Interval & { readonly pid: number };

function waitsOf(history: History): Wait[] {
  const waits: Wait[] = [];
  const failingSince = new Map<number, number>();
  for (const event of history.events) {
    if (event.kind === 'lease_failed') {
      failingSince.set(event.pid, Math.min(failingSince.get(event.pid) ?? Infinity, event.startedAtMs));
    } else if (event.kind === 'leased') {
      const fromMs = Math.min(failingSince.get(event.pid) ?? Infinity, event.startedAtMs);
      failingSince.delete(event.pid);
      waits.push({ pid: event.pid, fromMs, toMs: event.atMs });
    } else if (event.kind === 'killed') {
      // Whoever waited in it was killed with it, and still waited for so long.
      const fromMs = failingSince.get(event.pid);
      if (fromMs !== undefined) waits.push({ pid: event.pid, fromMs, toMs: event.atMs });
      failingSince.delete(event.pid);
    }
  }
  const endMs = history.events.at(-1)?.atMs ?? 0;
  for (const [pid, fromMs] of failingSince) waits.push({ pid, fromMs, toMs: endMs });
  return waits;
}

function unavoidable(history: History): Interval[] {
  const span = ({ atMs, untilMs }: EventOf<'fault'> | EventOf<'stopped'>): Interval => ({
    fromMs: atMs,
    toMs: untilMs,
  });
  return [
    ...history.of('fault').map(span),
    ...history
      .of('stopped')
      .filter(({ holds }) => holds)
      .map(span),
    ...dyings(history),
    ...lostSpans(history),
  ];
}

/** The system keeps the locks of a killed process until it is gone, which takes a busy machine a while. */
function dyings(history: History): Interval[] {
  return history
    .of('killed')
    .filter((kill) => killWindow(kill, history) !== 'no refresh running')
    .map(({ atMs, goneAtMs }) => ({ fromMs: atMs, toMs: goneAtMs }));
}

/** A login is lost from the moment that nobody has its token until somebody has logged in anew. */
function lostSpans(history: History): Interval[] {
  return history.requests.flatMap((request) => {
    const doom = doomOf(request, history);
    if (doom === undefined) return [];
    const next = history.logins.find(({ atMs }) => atMs > doom.atMs);
    return [{ fromMs: doom.atMs, toMs: next?.savedAtMs ?? Infinity }];
  });
}

function retryAfters(history: History, pid: number): Interval[] {
  const own = new Set(history.requests.filter((request) => request.pid === pid).map(({ id }) => id));
  return history
    .of('ended')
    .flatMap(({ request, atMs, retryAfterMs }) =>
      retryAfterMs !== undefined && own.has(request) ? [{ fromMs: atMs, toMs: atMs + retryAfterMs }] : [],
    );
}
