// Counts what the gateway does, in plain arrays: counting one request costs about a tenth of a microsecond and leaves no
// object behind, where prom-client's four calls cost a whole one. Written out only when somebody asks.
// Figures that are there anyway (what is active, when tokens expire, the process's own) are metrics-page.ts's.
import type { AttemptOutcome } from '../auth/refresh.ts';
import { writeNumber, type Exposition, type Labels } from './exposition.ts';

/** Of the further attempts for one request: the same login again, the provider's next one, the next model. */
export type SwitchKind = 'again' | 'next_login' | 'next_model';

/**
 * None of these throws or does I/O. Names must come from a bounded set, never from a client: refs of the catalogue, ids
 * of profiles and providers, codes of errors, classes of answers; more than 500 of a kind are counted as `other`.
 */
export type Metrics = {
  /**
   * One request of a client, at its end. `api`: `anthropic-messages` and so on. `modelRef`: undefined while the model was
   * not found. `status`: undefined when the client left before there was one. `firstByteMs`: from the request's arrival to
   * the answer's first byte, undefined without one.
   */
  request(
    api: string,
    modelRef: string | undefined,
    status: number | undefined,
    firstByteMs: number | undefined,
    totalMs: number,
  ): void;
  /** One answer of an upstream; without a status it could not be reached, or was cut before its header. */
  upstreamAnswer(provider: string, status: number | undefined): void;
  /** The reason is the class of the answer that caused it. */
  switched(kind: SwitchKind, reason: string): void;
  refresh(provider: string, outcome: AttemptOutcome): void;
  /** A request that the guard refused; the error's code. */
  refused(code: string): void;
  write(page: Exposition): void;
};

export const noMetrics: Metrics = {
  request() {},
  upstreamAnswer() {},
  switched() {},
  refresh() {},
  refused() {},
  write() {},
};

/** Seconds. Short ones for small answers from near, long ones for streams. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const boundsMs = bounds.map((bound) => bound * 1000);
/** Places of an array: one for each bound, one for what is over them all, one for the sum. */
const overflowAt = bounds.length;
const sumAt = bounds.length + 1;

const maxNames = 500;
const other = 'other';
const unknownModel = 'unknown';
const noStatus = 'none';

type Series = { statuses: Counts; firstByte: Float64Array; total: Float64Array };
type Counts = Map<string | number, number>;

export function createMetrics(): Metrics {
  const requests = new Map<string, Map<string, Series>>();
  const upstreams = new Map<string, Counts>();
  const switches = new Map<string, Counts>();
  const refreshes = new Map<string, Counts>();
  const refusals: Counts = new Map();

  return {
    request(api, modelRef, status, firstByteMs, totalMs) {
      const models = entryOf(requests, api, newModels);
      const series = entryOf(models, modelRef ?? unknownModel, newSeries);
      increment(series.statuses, status ?? noStatus);
      if (firstByteMs !== undefined) observe(series.firstByte, firstByteMs);
      observe(series.total, totalMs);
    },
    upstreamAnswer: (provider, status) =>
      increment(entryOf(upstreams, provider, newCounts), status ?? noStatus),
    switched: (kind, reason) => increment(entryOf(switches, kind, newCounts), reason),
    refresh: (provider, outcome) => increment(entryOf(refreshes, provider, newCounts), outcome),
    refused: (code) => increment(refusals, code),
    write(page) {
      const eachSeries = (act: (labels: Labels, series: Series) => void): void => {
        for (const [api, models] of requests) {
          for (const [model, series] of models) act({ api, model }, series);
        }
      };
      page.family('openclaw_requests_total', 'counter', 'Requests by API, model and HTTP status.');
      eachSeries((labels, { statuses }) => {
        for (const [status, count] of statuses) page.sample({ ...labels, status: String(status) }, count);
      });
      page.family(
        'openclaw_first_byte_seconds',
        'histogram',
        'From a request to the first byte of its answer.',
      );
      eachSeries((labels, { firstByte }) => writeHistogram(page, labels, firstByte));
      page.family('openclaw_request_seconds', 'histogram', 'From a request to the end of its answer.');
      eachSeries((labels, { total }) => writeHistogram(page, labels, total));
      page.family(
        'openclaw_upstream_answers_total',
        'counter',
        'Answers of upstreams by provider and status.',
      );
      writeCounts(page, upstreams, 'provider', 'status');
      page.family('openclaw_switches_total', 'counter', 'Further attempts for a request: what, and why.');
      writeCounts(page, switches, 'kind', 'reason');
      page.family('openclaw_refreshes_total', 'counter', 'Token refreshes by provider and outcome.');
      writeCounts(page, refreshes, 'provider', 'outcome');
      page.family('openclaw_refused_total', 'counter', 'Requests that were not let in, by error code.');
      for (const [code, count] of refusals) page.sample({ code: String(code) }, count);
    },
  };
}

const newModels = (): Map<string, Series> => new Map();
const newCounts = (): Counts => new Map();
const newSeries = (): Series => ({
  statuses: new Map(),
  firstByte: new Float64Array(sumAt + 1),
  total: new Float64Array(sumAt + 1),
});

function entryOf<Value>(map: Map<string, Value>, name: string, make: () => Value): Value {
  const known = map.get(name);
  if (known !== undefined) return known;
  const kept = map.size < maxNames ? name : other;
  const value = map.get(kept) ?? make();
  map.set(kept, value);
  return value;
}

function increment(counts: Counts, name: string | number): void {
  const count = counts.get(name);
  if (count !== undefined) counts.set(name, count + 1);
  else if (counts.size < maxNames) counts.set(name, 1);
  else counts.set(other, (counts.get(other) ?? 0) + 1);
}

function observe(histogram: Float64Array, valueMs: number): void {
  let place = 0;
  while (place < overflowAt && valueMs > (boundsMs[place] ?? Infinity)) place += 1;
  histogram[place] = (histogram[place] ?? 0) + 1;
  histogram[sumAt] = (histogram[sumAt] ?? 0) + valueMs;
}

/** Buckets of the format are cumulative. */
function writeHistogram(page: Exposition, labels: Labels, histogram: Float64Array): void {
  let count = 0;
  for (let place = 0; place <= overflowAt; place += 1) {
    count += histogram[place] ?? 0;
    page.sample({ ...labels, le: writeNumber(bounds[place] ?? Infinity) }, count, '_bucket');
  }
  page.sample(labels, (histogram[sumAt] ?? 0) / 1000, '_sum');
  page.sample(labels, count, '_count');
}

function writeCounts(page: Exposition, map: Map<string, Counts>, outer: string, inner: string): void {
  for (const [name, counts] of map) {
    for (const [value, count] of counts) page.sample({ [outer]: name, [inner]: String(value) }, count);
  }
}
