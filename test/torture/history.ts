// The events of a run put in order: which request spent and brought which token, who was killed when, how long each
// process was stopped. Pure, and judges nothing.
import type { EventOf, RequestEnd, TortureEvent } from './events.ts';
import type { Interval } from './intervals.ts';

export type RefreshRequest = {
  readonly id: string;
  readonly pid: number;
  /** The refresh token that was sent. */
  readonly sent: string;
  readonly arrivedAtMs: number;
  processedAtMs: number | undefined;
  result: EventOf<'processed'>['result'] | undefined;
  endedAtMs: number | undefined;
  how: RequestEnd | undefined;
};

export type RefreshToken = {
  readonly issuedAtMs: number;
  /** The request that the server gave a successor for. */
  spentBy: RefreshRequest | undefined;
  /** Requests that were refused, in order. */
  readonly refusals: RefreshRequest[];
};

export type History = {
  readonly events: readonly TortureEvent[];
  /** By arrival. */
  readonly requests: readonly RefreshRequest[];
  readonly tokens: ReadonlyMap<string, RefreshToken>;
  /** Access tokens and when they were issued. */
  readonly access: ReadonlyMap<string, number>;
  readonly kills: ReadonlyMap<number, EventOf<'killed'>>;
  /** By process. */
  readonly stops: ReadonlyMap<number, readonly Interval[]>;
  readonly logins: readonly EventOf<'login'>[];
  of<Kind extends TortureEvent['kind']>(kind: Kind): EventOf<Kind>[];
};

export function readHistory(unordered: readonly TortureEvent[]): History {
  const events = [...unordered].sort((a, b) => a.atMs - b.atMs);
  const requests = new Map<string, RefreshRequest>();
  const tokens = new Map<string, RefreshToken>();
  const access = new Map<string, number>();
  const kills = new Map<number, EventOf<'killed'>>();
  const stops = new Map<number, Interval[]>();
  const issue = (atMs: number, pair: { access: string; refresh: string }): void => {
    access.set(pair.access, atMs);
    tokens.set(pair.refresh, { issuedAtMs: atMs, spentBy: undefined, refusals: [] });
  };
  for (const event of events) {
    switch (event.kind) {
      case 'login':
        issue(event.atMs, event);
        break;
      case 'arrived':
        requests.set(event.request, {
          id: event.request,
          pid: event.pid,
          sent: event.refresh,
          arrivedAtMs: event.atMs,
          processedAtMs: undefined,
          result: undefined,
          endedAtMs: undefined,
          how: undefined,
        });
        break;
      case 'processed': {
        const request = requests.get(event.request);
        if (request === undefined) break;
        request.processedAtMs = event.atMs;
        request.result = event.result;
        const token = tokens.get(request.sent);
        if (event.result === 'refused') token?.refusals.push(request);
        if (typeof event.result === 'object') {
          if (token !== undefined) token.spentBy ??= request;
          issue(event.atMs, event.result);
        }
        break;
      }
      case 'ended': {
        const request = requests.get(event.request);
        if (request === undefined) break;
        request.endedAtMs = event.atMs;
        request.how = event.how;
        break;
      }
      case 'killed':
        kills.set(event.pid, event);
        break;
      case 'stopped':
        stops.set(event.pid, [...(stops.get(event.pid) ?? []), { fromMs: event.atMs, toMs: event.untilMs }]);
        break;
      default:
    }
  }
  const of = <Kind extends TortureEvent['kind']>(kind: Kind): EventOf<Kind>[] =>
    events.filter((event): event is EventOf<Kind> => event.kind === kind);
  return {
    events,
    requests: [...requests.values()],
    tokens,
    access,
    kills,
    stops,
    logins: of('login'),
    of,
  };
}
