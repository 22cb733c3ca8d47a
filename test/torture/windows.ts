// In which window of a refresh a process was killed, and why a token that the server has replaced never reached the
// store. Pure.
import type { EventOf } from './events.ts';
import type { History, RefreshRequest } from './history.ts';

export const killWindows = [
  'before the POST',
  'during it, not processed',
  'processed, not answered',
  'answered, not committed',
  'just after the commit',
  'no refresh running',
] as const;
export type KillWindow = (typeof killWindows)[number];

export const lossWindows = [
  'killed during the POST, processed after that',
  'killed between processing and answer',
  'killed between answer and commit',
  'answer lost by the server',
] as const;
export type LossWindow = (typeof lossWindows)[number];

/** A commit takes a few milliseconds; a kill this soon after the answer that found it done came just after it. */
const justAfterMs = 50;

export function killWindow(kill: EventOf<'killed'>, history: History): KillWindow {
  const last = history.requests.findLast(
    ({ pid, arrivedAtMs }) => pid === kill.pid && arrivedAtMs <= kill.atMs,
  );
  if (last !== undefined) {
    const wasOpen = last.endedAtMs === undefined || last.endedAtMs > kill.atMs;
    const wasProcessed = last.processedAtMs !== undefined && last.processedAtMs <= kill.atMs;
    if (wasOpen) return wasProcessed ? 'processed, not answered' : 'during it, not processed';
    if (last.how === 'answered' && typeof last.result === 'object') {
      if (kill.stored === last.sent) return 'answered, not committed';
      if (kill.atMs - (last.endedAtMs ?? 0) < justAfterMs && !kill.intended) return 'just after the commit';
    }
  }
  return kill.intended ? 'before the POST' : 'no refresh running';
}

export type Doom = { readonly window: LossWindow; readonly atMs: number };

/** Why what this request brought was never saved, when an injected kill or fault is the reason; else undefined. */
export function doomOf(request: RefreshRequest, history: History): Doom | undefined {
  const { processedAtMs, endedAtMs, how } = request;
  if (typeof request.result !== 'object' || processedAtMs === undefined) return undefined;
  const kill = history.kills.get(request.pid);
  if (kill !== undefined && kill.atMs >= request.arrivedAtMs && kill.stored === request.sent) {
    const atMs = Math.max(kill.atMs, processedAtMs);
    if (kill.atMs < processedAtMs) return { window: 'killed during the POST, processed after that', atMs };
    const wasAnswered = how === 'answered' && endedAtMs !== undefined && endedAtMs <= kill.atMs;
    if (wasAnswered) return { window: 'killed between answer and commit', atMs };
    return { window: 'killed between processing and answer', atMs };
  }
  if (how === 'failed' || how === 'reset') {
    return { window: 'answer lost by the server', atMs: endedAtMs ?? processedAtMs };
  }
  return undefined;
}
