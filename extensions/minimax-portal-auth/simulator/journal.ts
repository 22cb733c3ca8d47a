// What the portal saw: counters, broken rules and the latest requests. It decides only what a record holds, which is
// never a secret: paths without their query, names of headers without their values.
import type { SimulatorClock } from './clock.ts';

const KEPT_REQUESTS = 200;
const KEPT_VIOLATIONS = 10_000;

const COUNTERS = [
  'deviceRequests',
  'polls',
  'slowDowns',
  'grants',
  'refreshes',
  'refreshReuses',
  'revocations',
  'messages',
  'messages401',
  'streamsAborted',
  'usageCalls',
  'faultsServed',
] as const;
export type CounterName = (typeof COUNTERS)[number];

export type ViolationRule =
  | 'weak_pkce'
  | 'wrong_verifier'
  | 'weak_state'
  | 'missing_request_id'
  | 'missing_accept'
  | 'wrong_content_type'
  | 'repeated_parameter'
  | 'wrong_client'
  | 'wrong_grant_type'
  | 'bad_redirect_uri'
  | 'polled_too_fast'
  | 'refresh_reuse'
  | 'replayed_code'
  | 'wrong_region'
  | 'misused_token'
  | 'token_in_query'
  | 'followed_redirect'
  | 'missing_header'
  | 'missing_version';

export interface Violation {
  readonly atMs: number;
  readonly rule: ViolationRule;
  readonly detail: string;
}

export interface RecordedRequest {
  readonly atMs: number;
  readonly listener: 'account' | 'api';
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  /** Null while unanswered, and for ever when the connection ended without an answer. */
  readonly status: number | null;
  /** The fault it met, if any. */
  readonly fault: string | null;
}

/** Fills in what becomes known after a request has arrived. */
export interface OpenRecord {
  met(fault: string): void;
  answered(status: number): void;
}

export interface Journal {
  count(name: CounterName): void;
  violate(rule: ViolationRule, detail: string): void;
  open(request: Pick<RecordedRequest, 'listener' | 'method' | 'path' | 'headers'>): OpenRecord;
  counters(): Record<CounterName, number>;
  violations(): Violation[];
  requests(): RecordedRequest[];
  reset(): void;
}

function zeroes(): Record<CounterName, number> {
  return Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Record<CounterName, number>;
}

export function createJournal(clock: SimulatorClock): Journal {
  let counters = zeroes();
  let violations: Violation[] = [];
  let requests: Array<{ -readonly [Key in keyof RecordedRequest]: RecordedRequest[Key] }> = [];

  return {
    count(name) {
      counters[name] += 1;
    },
    violate(rule, detail) {
      if (violations.length < KEPT_VIOLATIONS) violations.push({ atMs: clock.nowMs(), rule, detail });
    },
    open(request) {
      const record = {
        ...request,
        atMs: clock.nowMs(),
        status: null as number | null,
        fault: null as string | null,
      };
      requests.push(record);
      if (requests.length > KEPT_REQUESTS) requests.shift();
      return {
        met(fault) {
          record.fault = fault;
        },
        answered(status) {
          record.status = status;
        },
      };
    },
    counters: () => ({ ...counters }),
    violations: () => [...violations],
    requests: () => structuredClone(requests),
    reset() {
      counters = zeroes();
      violations = [];
      requests = [];
    },
  };
}
