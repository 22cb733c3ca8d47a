// The page of figures, read as Prometheus reads it: families with their types, samples, cumulative buckets.
import { describe, expect, it, onTestFinished } from 'vitest';
import { createExposition } from '../../src/gateway/exposition.ts';
import { metricsPage, watchProcess, type LiveFigures } from '../../src/gateway/metrics-page.ts';
import { createMetrics, noMetrics, type Metrics } from '../../src/gateway/metrics.ts';

type Page = { types: Map<string, string>; samples: Map<string, number> };

const sampleLine = /^([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})? ([+-]?(?:[\d.e+-]+|Inf))$/;
const partOfHistogram = /_(?:bucket|sum|count)$/;

/** Throws at a line that the text format 0.0.4 does not have, at a sample outside its family, and at one said twice. */
function readPage(text: string): Page {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  let family = '';
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.slice(0, -1).split('\n')) {
    const [, mark, name = '', rest = ''] = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line) ?? [];
    if (mark === 'HELP') family = name;
    else if (mark === 'TYPE') {
      if (name !== family || types.has(name) || !/^(?:counter|gauge|histogram)$/.test(rest))
        throw new Error(line);
      types.set(name, rest);
    } else {
      const [, sampleName, labels = '', value = ''] = sampleLine.exec(line) ?? [];
      const owner = types.get(family) === 'histogram' ? sampleName?.replace(partOfHistogram, '') : sampleName;
      if (owner === undefined || owner !== family || samples.has(sampleName + labels)) throw new Error(line);
      samples.set(sampleName + labels, Number(value.replace('Inf', 'Infinity')));
    }
  }
  return { types, samples };
}

const quiet: LiveFigures = { nowMs: 1_000_000, activeRequests: 0, profiles: [] };

function pageOf(metrics: Metrics, live: LiveFigures = quiet): Page {
  const ownProcess = watchProcess();
  onTestFinished(() => ownProcess.stop());
  return readPage(metricsPage(metrics, live, ownProcess));
}

describe('requests', () => {
  it('are counted by API, model and status, and none is lost', () => {
    const metrics = createMetrics();
    metrics.request('anthropic-messages', 'p/m', 200, 10, 20);
    metrics.request('anthropic-messages', 'p/m', 200, 10, 20);
    metrics.request('anthropic-messages', 'p/m', 529, 10, 20);
    metrics.request('openai-completions', 'p/m', 200, 10, 20);
    metrics.request('openai-completions', undefined, 404, 1, 1);
    metrics.request('openai-completions', 'p/m', undefined, undefined, 5);
    const { samples, types } = pageOf(metrics);
    expect(types.get('openclaw_requests_total')).toBe('counter');
    const counts = [...samples].filter(([name]) => name.startsWith('openclaw_requests_total'));
    expect(Object.fromEntries(counts)).toEqual({
      'openclaw_requests_total{api="anthropic-messages",model="p/m",status="200"}': 2,
      'openclaw_requests_total{api="anthropic-messages",model="p/m",status="529"}': 1,
      'openclaw_requests_total{api="openai-completions",model="unknown",status="404"}': 1,
      'openclaw_requests_total{api="openai-completions",model="p/m",status="200"}': 1,
      'openclaw_requests_total{api="openai-completions",model="p/m",status="none"}': 1,
    });
  });

  it('are timed in cumulative buckets, with sum and count', () => {
    const metrics = createMetrics();
    const timesMs = [0, 5, 5.1, 900, 1_000, 599_999, 700_000];
    for (const timeMs of timesMs) metrics.request('a', 'm', 200, timeMs, timeMs);
    metrics.request('a', 'm', 200, undefined, 0);
    const { samples, types } = pageOf(metrics);
    expect(types.get('openclaw_first_byte_seconds')).toBe('histogram');
    const bucket = (le: string): number | undefined =>
      samples.get(`openclaw_first_byte_seconds_bucket{api="a",model="m",le="${le}"}`);
    expect(['0.005', '0.01', '0.5', '1', '300', '600', '+Inf'].map(bucket)).toEqual([2, 3, 3, 5, 5, 6, 7]);
    expect(samples.get('openclaw_first_byte_seconds_count{api="a",model="m"}')).toBe(7);
    expect(samples.get('openclaw_first_byte_seconds_sum{api="a",model="m"}')).toBeCloseTo(1301.9091, 6);
    expect(samples.get('openclaw_request_seconds_count{api="a",model="m"}')).toBe(8);
  });
});

it('answers, switches, refreshes and refusals are counted by their labels', () => {
  const metrics = createMetrics();
  metrics.upstreamAnswer('p', 200);
  metrics.upstreamAnswer('p', undefined);
  metrics.switched('next_login', 'rate_limit');
  metrics.switched('next_login', 'rate_limit');
  metrics.switched('next_model', 'overloaded');
  metrics.refresh('p', 'refreshed');
  metrics.refresh('p', 'dead');
  metrics.refused('GATEWAY_LIMITED');
  const { samples } = pageOf(metrics);
  expect(Object.fromEntries(samples)).toMatchObject({
    'openclaw_upstream_answers_total{provider="p",status="200"}': 1,
    'openclaw_upstream_answers_total{provider="p",status="none"}': 1,
    'openclaw_switches_total{kind="next_login",reason="rate_limit"}': 2,
    'openclaw_switches_total{kind="next_model",reason="overloaded"}': 1,
    'openclaw_refreshes_total{provider="p",outcome="refreshed"}': 1,
    'openclaw_refreshes_total{provider="p",outcome="dead"}': 1,
    'openclaw_refused_total{code="GATEWAY_LIMITED"}': 1,
  });
});

it('the number of series is bounded, and what is over it is counted together', () => {
  const metrics = createMetrics();
  for (let index = 0; index < 2_000; index += 1) {
    metrics.request('a', `m${index}`, index, 1, 1);
    metrics.upstreamAnswer(`p${index}`, 200);
    metrics.refused(`C${index}`);
  }
  const { samples } = pageOf(metrics);
  expect(samples.size).toBeLessThan(25_000);
  expect(samples.get('openclaw_request_seconds_count{api="a",model="other"}')).toBe(1_500);
  expect(samples.get('openclaw_upstream_answers_total{provider="other",status="200"}')).toBe(1_500);
  expect(samples.get('openclaw_refused_total{code="other"}')).toBe(1_500);
});

it('logins are shown with the time that their tokens have left, and their cooldowns', () => {
  const profile = { provider: 'p', cooldowns: 0, isDead: false };
  const { samples } = pageOf(createMetrics(), {
    nowMs: 1_000_000,
    activeRequests: 3,
    profiles: [
      { ...profile, id: 'p:default', expiresAtMs: 1_090_000, cooldowns: 2 },
      { ...profile, id: 'p:dead', expiresAtMs: 940_000, isDead: true },
      { ...profile, id: 'p:key' },
    ],
  });
  expect(Object.fromEntries(samples)).toMatchObject({
    openclaw_active_requests: 3,
    'openclaw_token_expiry_seconds{provider="p",profile="p:default"}': 90,
    'openclaw_token_expiry_seconds{provider="p",profile="p:dead"}': -60,
    'openclaw_cooldowns_active{provider="p",profile="p:default"}': 2,
    'openclaw_cooldowns_active{provider="p",profile="p:key"}': 0,
    'openclaw_login_dead{provider="p",profile="p:dead"}': 1,
  });
  expect(samples.has('openclaw_token_expiry_seconds{provider="p",profile="p:key"}')).toBe(false);
});

it('the process is there without any request, and with the counting switched off', () => {
  for (const metrics of [createMetrics(), noMetrics]) {
    const { samples } = pageOf(metrics);
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(samples.get('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(samples.get('openclaw_event_loop_lag_seconds{quantile="0.99"}')).toBeGreaterThanOrEqual(0);
    expect([...samples.keys()].some((name) => name.startsWith('openclaw_requests_total'))).toBe(false);
  }
});

it('the text format: escapes, infinities, families without samples left out', () => {
  const page = createExposition();
  page.family('empty', 'gauge', 'nothing');
  page.family('one', 'gauge', 'a \\ and\na line');
  page.sample({ a: 'x"y\\z\nw', b: '' }, Infinity);
  page.sample({}, -Infinity);
  page.sample({}, 1e-7);
  expect(page.text()).toBe(
    '# HELP one a \\\\ and\\na line\n# TYPE one gauge\none{a="x\\"y\\\\z\\nw",b=""} +Inf\none -Inf\none 1e-7\n',
  );
  expect(createExposition().text()).toBe('');
});
