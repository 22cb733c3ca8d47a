// Whether a key works, asked of servers on loopback: at its own address only, free of charge, and a server that says
// nothing loses nobody's key.
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFetch } from '../../src/platform/fetch.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { checkAnthropicKey } from '../../src/providers/anthropic-key-check.ts';
import { checkKey, keyCheckLimitMs, type CheckKey } from '../../src/providers/key-check.ts';
import { checkMinimaxKey } from '../../src/providers/minimax-key-check.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { sendJson, startServer, type SeenRequest } from '../support/loopback-server.ts';

const fetch = createFetch({});
const key = 'sk-cp-canary7f3a-1';
const { signal } = new AbortController();

type Answer = { status: number; body: unknown };

async function play(check: CheckKey, path: string, answers: Record<string, Answer>) {
  const server = await startServer(({ url }, response) => {
    const { status, body } = answers[url] ?? { status: 404, body: {} };
    sendJson(response, status, body);
  });
  onTestFinished(server.close);
  const verdict = await checkKey(
    { fetch, clock: systemClock },
    check,
    { baseUrl: `${server.url}${path}`, key },
    signal,
  );
  return { verdict, requests: server.requests };
}

const usage = '/v1/token_plan/remains';
const olderUsage = '/v1/api/openplatform/coding_plan/remains';
const base = (code: number, message = ''): Answer => ({
  status: 200,
  body: { base_resp: { status_code: code, status_msg: message } },
});

describe('a MiniMax key', () => {
  it.each<[string, Record<string, Answer>, unknown]>([
    ['works', { [usage]: base(0) }, { kind: 'works' }],
    ['works at an older server', { [olderUsage]: base(0) }, { kind: 'works' }],
    ['is refused by code 1004', { [usage]: base(1004, 'login fail') }, { kind: 'refused' }],
    ['is refused by code 2049', { [usage]: base(2049, 'invalid api key') }, { kind: 'refused' }],
    ['is refused by HTTP 401', { [usage]: { status: 401, body: {} } }, { kind: 'refused' }],
    [
      'has no plan',
      { [usage]: base(1008, `no plan for ${key}`) },
      { kind: 'unknown', reason: expect.stringMatching(/no plan for .*\(1008\)/) },
    ],
    [
      'meets an outage',
      { [usage]: { status: 503, body: {} } },
      { kind: 'unknown', reason: expect.stringContaining('HTTP 503') },
    ],
    [
      'meets a page',
      { [usage]: { status: 200, body: 'hello' } },
      { kind: 'unknown', reason: expect.stringContaining('does not answer as MiniMax does') },
    ],
    ['meets a server without the call', {}, { kind: 'unknown', reason: expect.stringContaining('HTTP 404') }],
  ])('%s', async (_, answers, expected) => {
    const { verdict, requests } = await play(checkMinimaxKey, '/anthropic', answers);
    expect(verdict).toEqual(expected);
    expect(JSON.stringify(verdict)).not.toContain(key);
    for (const { method, headers } of requests) {
      expect([method, headers.authorization]).toEqual(['GET', `Bearer ${key}`]);
    }
  });
});

describe('an Anthropic key', () => {
  it.each<[number, string]>([
    [200, 'works'],
    [401, 'refused'],
    [403, 'unknown'],
    [529, 'unknown'],
  ])('HTTP %i: %s', async (status, kind) => {
    const answers = { '/v1/models?limit=1': { status, body: {} } };
    const { verdict, requests } = await play(checkAnthropicKey, '', answers);
    expect(verdict.kind).toBe(kind);
    expect(requests[0]?.headers).toMatchObject({ 'x-api-key': key, 'anthropic-version': '2023-06-01' });
  });
});

describe('checkKey', () => {
  it('gives up after its time and says so', async () => {
    const clock = createFakeClock();
    const silent = await startServer(() => undefined);
    onTestFinished(silent.close);
    let asked: (request: SeenRequest | undefined) => void = () => undefined;
    const isAsked = new Promise((resolve) => (asked = resolve));
    const waiting = checkKey(
      { fetch, clock },
      (question) => {
        asked(undefined);
        return checkMinimaxKey(question);
      },
      { baseUrl: silent.url, key },
      signal,
    );
    await isAsked;
    await clock.advance(keyCheckLimitMs);
    expect(await waiting).toEqual({
      kind: 'unknown',
      reason: expect.stringContaining('no answer within 10 s'),
    });
  });

  it('names a server that is not there, and ends with the person who cancels', async () => {
    const gone = await startServer(() => undefined);
    await gone.close();
    const place = { baseUrl: gone.url, key };
    expect(await checkKey({ fetch, clock: systemClock }, checkMinimaxKey, place, signal)).toMatchObject({
      kind: 'unknown',
      reason: expect.stringContaining('refused'),
    });
    const reason = new Error('cancelled');
    const cancelled = checkKey(
      { fetch, clock: systemClock },
      checkMinimaxKey,
      place,
      AbortSignal.abort(reason),
    );
    await expect(cancelled).rejects.toBe(reason);
  });
});
