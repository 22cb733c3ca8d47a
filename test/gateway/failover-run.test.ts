// One request through several logins and models: pauses and second tries, logins in turn, what is told when all have
// failed, and who is not asked.
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { errorIn, message } from '../support/gateway-stage.ts';
import {
  answerJson,
  answerMessage,
  anthropicError,
  minimax,
  openFailoverStage,
  opus,
} from '../support/failover-stage.ts';

const logins = ['anthropic:key', 'minimax:key'];

describe('the same login once more', () => {
  it('after a pause, and nothing is told of what went well then', async () => {
    const answers = [503, 200];
    const stage = await openFailoverStage({
      logins,
      fallbacks: [minimax],
      script: (response, { model }) => {
        if (answers.shift() === 503) answerJson(response, 503, {}, { 'retry-after': '1' });
        else answerMessage(response, model);
      },
    });
    const answer = await stage.call({ body: message('default') });
    expect([answer.status, answer.headers['x-openclaw-model']]).toEqual([200, opus]);
    expect(answer.headers).not.toHaveProperty('x-openclaw-failover');
    expect(stage.pauses).toEqual([1_000]);
    expect(stage.logins.cooldowns()).toEqual([]);
  });

  it('at once on a connection that was closed under the request', async () => {
    let isFirst = true;
    const stage = await openFailoverStage({
      logins,
      script: (response, { model }) => {
        if (isFirst) response.socket?.resetAndDestroy();
        else answerMessage(response, model);
        isFirst = false;
      },
    });
    expect((await stage.call({ body: message('default') })).status).toBe(200);
    expect(stage.pauses).toEqual([0]);
  });

  it('is not sent for a client that has left meanwhile', async () => {
    const stage = await openFailoverStage({
      logins,
      fallbacks: [minimax],
      script: (response) => {
        client.destroy();
        answerJson(response, 503, {});
      },
    });
    const client = await stage.connect();
    const body = message('default');
    const gone = once(client, 'close');
    client.write(
      `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${stage.port}\r\nx-api-key: gateway-token\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await gone;
    await expect
      .poll(() => stage.log.find(({ event }) => event === 'request')?.fields)
      .toMatchObject({
        left: true,
        attempts: 1,
      });
    expect(stage.seen).toHaveLength(1);
  });
});

describe('several logins of a provider', () => {
  const three = ['anthropic:a', 'anthropic:b', 'anthropic:c', 'minimax:key'];

  it('are tried in turn before the next model is', async () => {
    const stage = await openFailoverStage({
      logins: three,
      fallbacks: [minimax],
      script: (response, { login, model }) => {
        if (login === 'anthropic:c') answerMessage(response, model);
        else answerJson(response, 429, anthropicError('rate_limit_error', 'slow'));
      },
    });
    const answer = await stage.call({ body: message('default') });
    expect(answer.headers['x-openclaw-model']).toBe(opus);
    expect(answer.headers['x-openclaw-failover']).toBe(
      `"${opus}";profile="anthropic:a";reason=rate_limit, "${opus}";profile="anthropic:b";reason=rate_limit`,
    );
    // Those two cool down.
    await stage.call({ body: message('default') });
    expect(stage.seen.at(-1)).toBe('anthropic:c claude-opus-4-6');
    expect(stage.seen).toHaveLength(4);
  });

  it('at an address that was not reached are not tried one by one', async () => {
    const down = 'http://127.0.0.1:9';
    const stage = await openFailoverStage({
      logins: three,
      fallbacks: [minimax],
      baseUrls: { 'anthropic:a': down, 'anthropic:b': down },
      script: (response, { model }) => answerMessage(response, model),
    });
    const answer = await stage.call({ body: message('default') });
    expect(answer.status).toBe(200);
    expect(stage.seen).toEqual(['anthropic:c claude-opus-4-6']);
    expect(stage.pauses).toEqual([250]);
  });

  it('one that cools down for a guess is better than none', async () => {
    let isDown = true;
    const stage = await openFailoverStage({
      logins: ['anthropic:a'],
      script: (response, { model }) => {
        if (isDown) answerJson(response, 500, anthropicError('api_error', 'boom'));
        else answerMessage(response, model);
      },
    });
    const failed = await stage.call({ body: message('default') });
    expect([failed.status, errorIn(failed).message]).toEqual([500, 'boom']);
    isDown = false;
    expect((await stage.call({ body: message('default') })).status).toBe(200);
    expect(stage.logins.cooldowns()).toEqual([]);
  });
});

it('the key that keeps a repetition from being paid for twice stays with the login that it was first sent with', async () => {
  const keys: string[] = [];
  const answers = [503, 429, 200];
  const stage = await openFailoverStage({
    logins: ['openai:a', 'openai:b'],
    primary: 'openai/o',
    models: {
      providers: {
        openai: { baseUrl: 'https://openai.test', api: 'openai-responses', models: [{ id: 'o' }] },
      },
    },
    script: (response, { login, request }) => {
      keys.push(`${login} ${String(request.headers['idempotency-key'])}`);
      answerJson(response, answers.shift() ?? 500, {});
    },
  });
  const answer = await stage.call({
    path: '/v1/responses',
    headers: { 'idempotency-key': 'k-1' },
    body: JSON.stringify({ model: 'default', input: 'hi' }),
  });
  expect(answer.status).toBe(200);
  expect(keys).toEqual(['openai:a k-1', 'openai:a k-1', 'openai:b undefined']);
});

describe('when all fail', () => {
  it('one error in the protocol of the client names each attempt, and when to come back', async () => {
    const stage = await openFailoverStage({
      logins,
      fallbacks: [minimax],
      script: (response, { login }) =>
        login === 'anthropic:key'
          ? answerJson(response, 529, anthropicError('overloaded_error', 'Overloaded'))
          : answerJson(response, 429, anthropicError('rate_limit_error', 'usage limit exceeded (2056)')),
    });
    const answer = await stage.call({ body: message('default') });
    const { type, message: said } = errorIn(answer);
    expect([answer.status, type]).toEqual([429, 'rate_limit_error']);
    expect(said).toContain(`${opus} (anthropic:key): overloaded (HTTP 529: Overloaded)`);
    expect(said).toContain(
      `${minimax} (minimax:key): the plan is used up (HTTP 429: usage limit exceeded (2056))`,
    );
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(20);
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(30);
    expect(answer.headers['x-openclaw-failover']).toContain('reason=overloaded, ');

    const chat = await stage.call({ path: '/v1/chat/completions', body: message('default') });
    expect(chat.status).toBe(400);
  });

  it('not for want of waiting alone: HTTP 503', async () => {
    const stage = await openFailoverStage({
      logins,
      fallbacks: [minimax],
      script: (response) => answerJson(response, 401, anthropicError('authentication_error', 'no')),
    });
    const answer = await stage.call({ body: message('default') });
    expect([answer.status, errorIn(answer).type]).toEqual([503, 'api_error']);
    expect(errorIn(answer).message).toContain('the login was refused (HTTP 401: no)');
  });

  it('and there was only one, its own answer is passed on as it is', async () => {
    const packed = gzipSync(JSON.stringify(anthropicError('rate_limit_error', 'slow')));
    const stage = await openFailoverStage({
      logins: ['anthropic:key'],
      script: (response) =>
        void response
          .writeHead(429, { 'content-type': 'application/json', 'content-encoding': 'gzip', 'x-limit': '5' })
          .end(packed),
    });
    const answer = await stage.call({ body: message('default') });
    expect([answer.status, answer.headers['x-limit'], answer.body.equals(packed)]).toEqual([429, '5', true]);
    expect(answer.headers).not.toHaveProperty('x-openclaw-failover');
    // From now on it is known, and told at once.
    const next = await stage.call({ body: message('default') });
    expect([next.status, Number(next.headers['retry-after']) > 20, stage.seen.length]).toEqual([
      429,
      true,
      1,
    ]);
  });

  it.each([
    ['as JSON', { 'content-type': 'application/json' }, ''],
    ['as the first event of a stream', { 'content-type': 'text/event-stream' }, 'data: '],
  ])('an error in HTTP 200 has the status that it means (%s)', async (_name, headers, before) => {
    const body = '{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}';
    const stage = await openFailoverStage({
      logins: ['minimax:key'],
      primary: minimax,
      script: (response) => void response.writeHead(200, headers).end(`${before}${body}\n\n`),
    });
    const answer = await stage.call({ body: message('default') });
    expect([answer.status, errorIn(answer).message]).toEqual([402, 'insufficient balance']);
  });

  it('a request is not sent without end, whatever the configuration holds', async () => {
    const many = Array.from({ length: 20 }, (_, index) => `anthropic:${index}`);
    const stage = await openFailoverStage({
      logins: many,
      script: (response) => answerJson(response, 503, {}),
    });
    const answer = await stage.call({ body: message('default') });
    expect([answer.status, stage.seen.length]).toEqual([503, 12]);
  });
});

describe('nobody else is asked', () => {
  it.each([
    ['a request that is wrong', 400, anthropicError('invalid_request_error', 'max_tokens: required')],
    ['a prompt that is too long', 400, anthropicError('invalid_request_error', 'prompt is too long')],
  ])('%s', async (_name, status, body) => {
    const stage = await openFailoverStage({
      logins,
      fallbacks: [minimax],
      script: (response) => answerJson(response, status, body),
    });
    const answer = await stage.call({ body: message('default') });
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([status, body]);
    expect(stage.seen).toHaveLength(1);
    expect(stage.logins.cooldowns()).toEqual([]);
  });

  it('where another model than the default one was named', async () => {
    const stage = await openFailoverStage({
      logins,
      fallbacks: [minimax],
      script: (response) => answerJson(response, 402, anthropicError('billing_error', 'pay')),
    });
    const answer = await stage.call({ body: message('anthropic/claude-sonnet-4-5') });
    expect([answer.status, errorIn(answer).message, stage.seen.length]).toEqual([402, 'pay', 1]);
  });

  it('of another API, which is named all the same', async () => {
    const local = { id: 'x', name: 'x', api: 'openai-completions' };
    const stage = await openFailoverStage({
      logins: ['anthropic:key', 'local:key'],
      fallbacks: ['local/x'],
      models: { providers: { local: { baseUrl: 'http://127.0.0.1:9/v1', models: [local] } } },
      script: (response) => answerJson(response, 402, anthropicError('billing_error', 'pay')),
    });
    const answer = await stage.call({ body: message('default') });
    expect(answer.status).toBe(503);
    expect(errorIn(answer).message).toContain(
      'local/x: it is served by another API than the one that was asked',
    );
    expect(stage.seen).toHaveLength(1);
  });
});
