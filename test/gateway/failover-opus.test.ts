// Opus is down, MiniMax answers: what a client sees for each way in which a model can fail, which login and model
// answered, and what is kept of it.
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { message, type Answer } from '../support/gateway-stage.ts';
import {
  answerJson,
  answerMessage,
  anthropicError,
  cutAfter,
  minimax,
  openFailoverStage,
  opus,
  type FailoverOptions,
  type Scripted,
} from '../support/failover-stage.ts';

const logins = ['anthropic:key', 'minimax:key'];
const minimaxAnswers =
  (other: Scripted): Scripted =>
  (response, asked) =>
    asked.login.startsWith('minimax:') ? answerMessage(response, asked.model) : other(response, asked);
const opusFails = (script: (response: ServerResponse) => void, options: Partial<FailoverOptions> = {}) =>
  openFailoverStage({ logins, fallbacks: [minimax], script: minimaxAnswers(script), ...options });
const modelIn = (answer: Answer): unknown =>
  (JSON.parse(answer.body.toString()) as { model?: unknown }).model;

const eventHead = { 'content-type': 'text/event-stream' };
const firstEvent = 'event: message_start\ndata: {"type":"message_start","message":{"id":"m"}}\n\n';

/** What Opus does; what is told of it; how often it is asked; its cooldown. */
const failures: [string, (response: ServerResponse) => void, string, number, string | undefined][] = [
  [
    '401',
    (r) => answerJson(r, 401, anthropicError('authentication_error', 'invalid x-api-key')),
    'auth',
    1,
    'auth',
  ],
  ['402', (r) => answerJson(r, 402, anthropicError('billing_error', 'pay')), 'billing', 1, 'billing'],
  ['403', (r) => answerJson(r, 403, anthropicError('permission_error', 'no')), 'forbidden', 1, undefined],
  [
    '404 for the model',
    (r) => answerJson(r, 404, anthropicError('not_found_error', 'model: x')),
    'model_unavailable',
    1,
    'model_unavailable',
  ],
  [
    '429',
    (r) => answerJson(r, 429, anthropicError('rate_limit_error', 'slow'), { 'retry-after': '1' }),
    'rate_limit',
    1,
    'rate_limit',
  ],
  [
    '500 with 1008',
    (r) => answerJson(r, 500, { error: { code: 1008, message: 'insufficient balance' } }),
    'billing',
    1,
    'billing',
  ],
  [
    '2056 in HTTP 200',
    (r) => answerJson(r, 200, { base_resp: { status_code: 2056, status_msg: 'usage limit exceeded' } }),
    'quota',
    1,
    'quota',
  ],
  [
    '529',
    (r) => answerJson(r, 529, anthropicError('overloaded_error', 'Overloaded')),
    'overloaded',
    2,
    'overloaded',
  ],
  [
    '503 with a long Retry-After',
    (r) => answerJson(r, 503, {}, { 'retry-after': '60' }),
    'server_error',
    1,
    'server_error',
  ],
  [
    'a page with 502',
    (r) => void r.writeHead(502, { 'content-type': 'text/html' }).end('<html>'),
    'server_error',
    2,
    'server_error',
  ],
  ['504', (r) => void r.writeHead(504).end(), 'timeout', 2, 'timeout'],
  [
    'a redirect',
    (r) => void r.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
    'server_error',
    2,
    'server_error',
  ],
  ['a reset before the header', (r) => void r.socket?.resetAndDestroy(), 'timeout', 2, 'timeout'],
  ['an end before the header', (r) => void r.socket?.end(), 'timeout', 2, 'timeout'],
  ['a stream cut before its first byte', (r) => cutAfter(r, eventHead, ''), 'timeout', 2, 'timeout'],
  [
    'a stream cut within its first event',
    (r) => cutAfter(r, eventHead, firstEvent.slice(0, 40)),
    'timeout',
    2,
    'timeout',
  ],
  [
    'a message cut in its middle',
    (r) => cutAfter(r, { 'content-type': 'application/json', 'content-length': '200' }, '{"type":"message",'),
    'timeout',
    2,
    'timeout',
  ],
  [
    'an error cut in its middle',
    (r) => cutAfter(r, { 'content-type': 'application/json', 'content-length': '200' }, '{"type":', 529),
    'overloaded',
    2,
    'overloaded',
  ],
  [
    'an error as the first event of a stream',
    (r) =>
      void r
        .writeHead(200, eventHead)
        .end(`event: error\ndata: ${JSON.stringify(anthropicError('overloaded_error', 'Overloaded'))}\n\n`),
    'overloaded',
    2,
    'overloaded',
  ],
  [
    'a used-up plan as the first event of a stream',
    (r) =>
      void r
        .writeHead(200, eventHead)
        .end(': hello\n\ndata: {"base_resp":{"status_code":2056,"status_msg":"usage limit exceeded"}}\n\n'),
    'quota',
    1,
    'quota',
  ],
];

describe('Opus is down, MiniMax answers', () => {
  it.each(failures)('%s', async (_name, script, reason, times, cooldown) => {
    const stage = await opusFails(script);
    const answer = await stage.call({ body: message('default') });
    expect([answer.status, modelIn(answer)]).toEqual([200, 'MiniMax-M2.1']);
    expect(answer.headers['x-openclaw-model']).toBe(minimax);
    expect(answer.headers['x-openclaw-failover']).toBe(`"${opus}";profile="anthropic:key";reason=${reason}`);
    const atOpus = Array<string>(times).fill('anthropic:key claude-opus-4-6');
    expect(stage.seen).toEqual([...atOpus, 'minimax:key MiniMax-M2.1']);
    expect(stage.logins.cooldowns().map((active) => active.reason)).toEqual(
      cooldown === undefined ? [] : [cooldown],
    );
    expect(
      stage.log.find(({ event, fields }) => event === 'failover' && fields['kind'] === 'next_model')?.fields,
    ).toMatchObject({
      reason,
      model: opus,
      profile: 'anthropic:key',
      nextModel: minimax,
      nextProfile: 'minimax:key',
    });
    expect(stage.log.find(({ event }) => event === 'request')?.fields).toMatchObject({
      model: minimax,
      profile: 'minimax:key',
      attempts: times + 1,
      failure: undefined,
    });
    expect(stage.metricsText()).toContain(`openclaw_switches_total{kind="next_model",reason="${reason}"} 1`);
  });

  it('nothing listens: not reached, and the next request does not wait for it', async () => {
    const stage = await openFailoverStage({
      logins,
      fallbacks: [minimax],
      baseUrls: { 'anthropic:key': 'http://127.0.0.1:9' },
      script: (response, { model }) => answerMessage(response, model),
    });
    for (const reason of ['unreachable', 'cooling_down']) {
      const answer = await stage.call({ body: message('default') });
      expect([answer.status, answer.headers['x-openclaw-model']]).toEqual([200, minimax]);
      expect(answer.headers['x-openclaw-failover']).toContain(`reason=${reason}`);
    }
    expect(stage.pauses).toEqual([250]);
  });

  it('an upstream that says nothing until the time is over is not asked again', async () => {
    const stage = await opusFails(() => {}, { gateway: { limits: { upstreamHeadersTimeoutMs: 20 } } });
    const answer = await stage.call({ body: message('default') });
    expect(modelIn(answer)).toBe('MiniMax-M2.1');
    expect(stage.seen).toHaveLength(2);
    expect(answer.headers['x-openclaw-failover']).toContain('reason=timeout');
  });

  it.each([
    ['a page', { 'content-type': 'text/html' }, '<html>'],
    ['nothing', { 'content-type': 'application/json' }, ''],
    ['JSON without its end', { 'content-type': 'application/json' }, '{"id":1,'],
    ['an error as plain text', { 'content-type': 'text/plain' }, '{"base_resp":{"status_code":1001}}'],
  ])('HTTP 200 with %s is no answer', async (_name, headers, body) => {
    const stage = await opusFails((response) => void response.writeHead(200, headers).end(body));
    const answer = await stage.call({ body: message('default') });
    expect([answer.status, modelIn(answer)]).toEqual([200, 'MiniMax-M2.1']);
    expect(answer.headers['x-openclaw-failover']).toContain('reason=server_error');
  });

  it('an error in HTTP 200 that calls its encoding by name is seen, and no header of an upstream passes for ours', async () => {
    const stage = await openFailoverStage({
      logins,
      fallbacks: [minimax],
      script: (response, { login, model }) => {
        const headers = { 'content-encoding': 'identity', 'x-openclaw-failover': 'made up' };
        const body = login === 'anthropic:key' ? { base_resp: { status_code: 1001 } } : { model };
        answerJson(response, 200, body, headers);
      },
    });
    const answer = await stage.call({ body: message('default') });
    expect(modelIn(answer)).toBe('MiniMax-M2.1');
    expect(answer.headers['x-openclaw-failover']).toMatch(/reason=server_error$/);
  });

  it('an error in pieces in HTTP 200 is seen in the later ones too', async () => {
    const stage = await opusFails((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"id":"x","choices":null,', () =>
        setImmediate(() =>
          response.end('"base_resp":{"status_code":2056,"status_msg":"usage limit exceeded"}}'),
        ),
      );
    });
    const answer = await stage.call({ body: message('default') });
    expect(answer.headers['x-openclaw-failover']).toContain('reason=quota');
  });

  it('a count of tokens that is refused says nothing of the model', async () => {
    const stage = await opusFails((response) => answerJson(response, 429, {}));
    const counted = await stage.call({ path: '/v1/messages/count_tokens', body: message('default') });
    expect([counted.status, stage.logins.cooldowns()]).toEqual([200, []]);
  });

  it('a stream cut behind its first event ends with an error of the protocol, and nobody else is asked', async () => {
    const stage = await opusFails((response) => cutAfter(response, eventHead, firstEvent));
    const answer = await stage.call({ body: message('default') });
    const text = answer.body.toString();
    expect([answer.status, answer.headers['x-openclaw-failover']]).toEqual([200, undefined]);
    expect(text.startsWith(firstEvent)).toBe(true);
    expect(text).toMatch(/event: error\ndata: \{"type":"error".*\n\n$/);
    expect(stage.seen).toHaveLength(1);
  });

  it('a default model without any login is passed over, and named', async () => {
    const stage = await openFailoverStage({
      logins: ['minimax:key'],
      fallbacks: ['anthropic/claude-sonnet-4-5', minimax],
      script: (response, { model }) => answerMessage(response, model),
    });
    const answer = await stage.call({ body: message(opus) });
    expect([answer.status, answer.headers['x-openclaw-model']]).toEqual([200, minimax]);
    expect(answer.headers['x-openclaw-failover']).toBe(
      `"${opus}";reason=no_login, "anthropic/claude-sonnet-4-5";reason=not_served`,
    );
  });

  it('each failed login is counted with the model that it was asked for', async () => {
    const notes: string[] = [];
    const ledger: NonNullable<NonNullable<FailoverOptions['gateway']>['ledger']> = {
      note: ({ route, profileId, isFailed }) => void notes.push(`${route.ref} ${profileId} ${isFailed}`),
    };
    const stage = await opusFails((response) => answerJson(response, 529, {}), { gateway: { ledger } });
    await stage.call({ body: message('default') });
    expect(notes).toEqual([`${opus} anthropic:key true`, `${minimax} minimax:key false`]);
  });
});
