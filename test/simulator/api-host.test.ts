// The API host, through the official Anthropic SDK and plain HTTP.
import Anthropic, { AuthenticationError, NotFoundError } from '@anthropic-ai/sdk';
import { afterEach, describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../extensions/minimax-portal-auth/simulator/simulator.ts';
import { call, createPortalCaller } from '../support/portal-caller.ts';
import type { Answer, PortalCaller } from '../support/portal-caller.ts';

let portal: PortalCaller | undefined;
async function start(options: SimulatorOptions = {}) {
  portal = await createPortalCaller(options);
  const { access } = await portal.logIn();
  const sdk = new Anthropic({
    baseURL: `${portal.apiUrl}/anthropic`,
    apiKey: access,
    // The SDK itself sends only one of the two.
    defaultHeaders: { authorization: `Bearer ${access}`, 'x-api-key': access },
    maxRetries: 0,
  });
  return { ...portal, access, sdk };
}
afterEach(async () => {
  await portal?.simulator.stop();
  portal = undefined;
});

const prompt = {
  model: 'MiniMax-M3',
  max_tokens: 64,
  messages: [{ role: 'user' as const, content: 'hello there, friend' }],
};

describe('with the official SDK', () => {
  it('answers a message', async () => {
    const { sdk, rules, simulator } = await start();
    const message = await sdk.messages.create(prompt);
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'MiniMax-M3',
      content: [{ type: 'text', text: 'echo(MiniMax-M3): hello there, friend' }],
      stop_reason: 'end_turn',
    });
    expect(message.usage.input_tokens).toBe(5);
    expect(message.usage.output_tokens).toBe(10);
    expect(rules()).toEqual([]);
    expect(simulator.control.state().counters.messages).toBe(1);
  });

  it('streams a message in several deltas', async () => {
    const { sdk } = await start();
    const kinds: string[] = [];
    const stream = sdk.messages.stream(prompt).on('streamEvent', (event) => kinds.push(event.type));
    const message = await stream.finalMessage();
    expect(message.content).toMatchObject([{ type: 'text', text: 'echo(MiniMax-M3): hello there, friend' }]);
    expect(message.usage.output_tokens).toBe(10);
    const delta = 'content_block_delta';
    expect(kinds).toEqual([
      'message_start',
      'content_block_start',
      delta,
      delta,
      delta,
      delta,
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  it('counts tokens and lists models', async () => {
    const { sdk } = await start();
    expect((await sdk.messages.countTokens(prompt)).input_tokens).toBe(5);
    const ids = (await sdk.models.list()).data.map((model) => model.id);
    expect(ids).toEqual(expect.arrayContaining(['MiniMax-M3', 'MiniMax-M2.1', 'MiniMax-M2.1-lightning']));
  });

  it('reads blocks and the last user turn', async () => {
    const { sdk } = await start();
    const message = await sdk.messages.create({
      ...prompt,
      messages: [
        { role: 'user', content: 'first' },
        { role: 'assistant', content: 'second' },
        { role: 'user', content: [{ type: 'text', text: 'third' }] },
      ],
    });
    expect(message.content).toMatchObject([{ text: 'echo(MiniMax-M3): third' }]);
  });

  it('fails in the shapes the SDK knows', async () => {
    const { sdk, clock } = await start();
    const unknown = sdk.messages.create({ ...prompt, model: 'minimax-m3' });
    await expect(unknown).rejects.toBeInstanceOf(NotFoundError);
    clock.advance(3_600_000);
    await expect(sdk.messages.create(prompt)).rejects.toBeInstanceOf(AuthenticationError);
  });
});

describe('pacing of streams', () => {
  const deltasIn = (answer: Answer): number => answer.text.split('"text_delta"').length - 1;

  it('is set by the control API or by the request itself', async () => {
    const { message, access, simulator } = await start({ chunkCount: 7 });
    expect(deltasIn(await message(access, { stream: true }))).toBe(7);
    const own = { stream: true, metadata: { user_id: 'sim:chunks=500;delayMs=0' } };
    expect(deltasIn(await message(access, own))).toBe(500);
    simulator.control.set({ chunkCount: null });
    expect(deltasIn(await message(access, { stream: true }))).toBe(2);
  });

  it('waits between events, and notices a client that leaves', async () => {
    const { access, apiUrl, clock, simulator } = await start({ chunkDelayMs: 1000 });
    const leaving = new AbortController();
    const response = await fetch(`${apiUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${access}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...prompt, stream: true }),
      signal: leaving.signal,
    });
    expect(response.status).toBe(200);
    await clock.timerSet();
    leaving.abort();
    await expect
      .poll(() => simulator.control.state().counters.streamsAborted, { timeout: 5000, interval: 5 })
      .toBe(1);
  });
});

describe('tokens', () => {
  const shapes = [
    ['auto', { type: 'authorized_error', message: 'invalid api key (2049)', http_code: '401' }],
    ['authentication_error', { type: 'authentication_error', message: 'invalid api key' }],
  ] as const;
  it.each(shapes)('an unknown one is refused in style %s', async (authErrorStyle, error) => {
    const { message } = await start({ authErrorStyle });
    const answer = await message('nonsense');
    expect([answer.status, answer.json]).toMatchObject([401, { type: 'error', error }]);
  });

  it('one without its time, or revoked, is refused in the older shape', async () => {
    const { message, access, simulator } = await start();
    simulator.control.revokeAccess();
    const answer = await message(access);
    expect(answer.json).toEqual({
      type: 'error',
      error: { type: 'authentication_error', message: 'invalid api key' },
    });
    expect(simulator.control.state().counters.messages401).toBe(1);
  });

  it('can be refused inside HTTP 200', async () => {
    const { message } = await start({ authErrorStyle: 'base_resp' });
    const answer = await message('nonsense');
    expect([answer.status, answer.json]).toMatchObject([200, { base_resp: { status_code: 1004 } }]);
  });

  it('belong in both headers, and one right one is enough', async () => {
    const { access, apiUrl, rules } = await start();
    const send = (headers: Record<string, string>): Promise<Answer> =>
      call(`${apiUrl}/anthropic/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', ...headers },
        body: JSON.stringify(prompt),
      });
    expect((await send({ authorization: `Bearer ${access}` })).status).toBe(200);
    expect((await send({ 'x-api-key': access })).status).toBe(200);
    expect((await send({ authorization: `Bearer ${access}`, 'x-api-key': 'other' })).status).toBe(200);
    expect(rules()).toEqual(['missing_header', 'missing_header', 'missing_header']);
    expect((await send({})).status).toBe(401);
  });

  it('are held against the client when it is a refresh token or stands in a query', async () => {
    const { message, logIn, access, apiUrl, rules } = await start();
    expect((await message((await logIn()).refresh)).status).toBe(401);
    await call(`${apiUrl}/v1/token_plan/remains?k=${access}`, {
      headers: { authorization: `Bearer ${access}` },
    });
    expect(rules()).toEqual(['misused_token', 'token_in_query']);
  });
});

describe('what else a message can meet', () => {
  it.each([
    ['no max_tokens', { max_tokens: undefined }, 400, '2013'],
    ['no messages', { messages: [] }, 400, '2013'],
    ['an unknown model', { model: 'MiniMax-m3' }, 404, 'case-sensitive'],
    ['a model outside the plan', { model: 'MiniMax-M2.7-highspeed' }, 500, '2061'],
    [
      'a prompt that does not fit',
      { model: 'MiniMax-M2.1', messages: [{ role: 'user', content: 'x'.repeat(800_004) }] },
      400,
      'too long',
    ],
  ])('%s', async (_name, change, status, text) => {
    const { message, access } = await start({ modelsOutsidePlan: ['MiniMax-M2.7-highspeed'] });
    const answer = await message(access, change);
    expect([answer.status, answer.json['type']]).toEqual([status, 'error']);
    expect(answer.text).toContain(text);
  });

  it('a plan that is used up', async () => {
    const { message, access } = await start({ planUsedPercent: 100 });
    const answer = await message(access);
    expect(answer.status).toBe(429);
    expect(answer.json['error']).toEqual({
      type: 'rate_limit_error',
      message: 'usage limit exceeded (2056)',
    });
  });

  it('M3 with its thinking switched off says nothing', async () => {
    const { message, access } = await start();
    const answer = await message(access, { thinking: { type: 'disabled' } });
    expect(answer.json['content']).toEqual([]);
  });

  it('a request without version, or that is not JSON', async () => {
    const { access, apiUrl, rules } = await start();
    const headers = { authorization: `Bearer ${access}`, 'x-api-key': access };
    const url = `${apiUrl}/anthropic/v1/messages`;
    expect((await call(url, { method: 'POST', headers, body: '{}' })).status).toBe(400);
    const versioned = { ...headers, 'anthropic-version': '2023-06-01' };
    expect((await call(url, { method: 'POST', headers: versioned, body: '{}' })).status).toBe(400);
    const asJson = { ...versioned, 'content-type': 'application/json' };
    expect((await call(url, { method: 'POST', headers: asJson, body: '{' })).text).toContain('not JSON');
    expect(rules()).toEqual(['missing_version', 'wrong_content_type']);
    expect((await call(`${apiUrl}/nowhere`)).json).toMatchObject({ error: { type: 'not_found_error' } });
  });
});

describe('the OpenAI door', () => {
  it('answers whole and streamed, with Bearer alone', async () => {
    const { access, apiUrl, rules } = await start();
    const send = (body: object): Promise<Answer> =>
      call(`${apiUrl}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${access}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...prompt, ...body }),
      });
    const whole = await send({});
    expect(whole.json).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: 'echo(MiniMax-M3): hello there, friend' } }],
      usage: { prompt_tokens: 5, completion_tokens: 10, total_tokens: 15 },
    });
    const streamed = await send({ stream: true, stream_options: { include_usage: true } });
    const lines = streamed.text.split('\n\n').filter((line) => line !== '');
    expect(lines.at(-1)).toBe('data: [DONE]');
    const chunks = lines.slice(0, -1).map((line) => JSON.parse(line.slice('data: '.length)));
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    expect(text).toBe('echo(MiniMax-M3): hello there, friend');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 15 } });
    expect((await send({ model: 'gpt' })).status).toBe(404);
    expect((await send({ messages: 'x' })).status).toBe(400);
    const listed = await call(`${apiUrl}/v1/models`, { headers: { authorization: `Bearer ${access}` } });
    expect(listed.text).toContain('"MiniMax-M2.5-highspeed"');
    expect(rules()).toEqual([]);
    expect((await call(`${apiUrl}/v1/chat/completions`, { method: 'POST' })).status).toBe(401);
  });
});

describe('plan usage', () => {
  const newName = '/v1/token_plan/remains';
  const oldName = '/v1/api/openplatform/coding_plan/remains';

  it('counts used calls under the new name and remaining ones under the old', async () => {
    const { access, apiUrl, simulator, clock } = await start({ planUsedPercent: 20 });
    const read = (path: string): Promise<Answer> =>
      call(apiUrl + path, { headers: { authorization: `Bearer ${access}` } });
    const row = (count: number) => ({
      base_resp: { status_code: 0 },
      model_remains: [
        {
          model_name: 'MiniMax-M*',
          current_interval_total_count: 1500,
          current_interval_usage_count: count,
          current_interval_remaining_percent: 80,
          current_weekly_remaining_percent: 90,
        },
        { current_interval_status: 3, current_weekly_status: 3 },
      ],
    });
    const answer = await read(newName);
    expect(answer.json).toMatchObject(row(300));
    const [chat] = answer.json['model_remains'] as Array<Record<string, number>>;
    expect(Number(chat?.['end_time']) - Number(chat?.['remains_time'])).toBe(clock.nowMs());
    expect(new Date(Number(chat?.['weekly_start_time'])).getUTCDay()).toBe(1);
    expect((await read(oldName)).json).toMatchObject(row(1200));
    simulator.control.set({ usagePath: 'old' });
    expect((await read(newName)).status).toBe(404);
    expect((await read(oldName)).status).toBe(200);
    expect(simulator.control.state().counters.usageCalls).toBe(3);
  });

  it('refuses a stranger inside HTTP 200', async () => {
    const { apiUrl, rules } = await start();
    const answer = await call(apiUrl + newName);
    expect([answer.status, answer.json]).toMatchObject([200, { base_resp: { status_code: 1004 } }]);
    expect(rules()).toEqual(['missing_header']);
  });
});
