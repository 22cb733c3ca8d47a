// The simulator's Responses API by itself, over plain HTTP: what the official client shows through the gateway is not
// repeated here.
import { afterEach, describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../extensions/minimax-portal-auth/simulator/simulator.ts';
import { call, createPortalCaller } from '../support/portal-caller.ts';
import type { Answer, PortalCaller } from '../support/portal-caller.ts';

let portal: PortalCaller | undefined;
async function start(options: SimulatorOptions = {}) {
  portal = await createPortalCaller(options);
  const { apiUrl } = portal;
  const { access } = await portal.logIn();
  const ask = (change: object, token = access): Promise<Answer> =>
    call(`${apiUrl}/v1/responses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'MiniMax-M3', input: 'hello', ...change }),
    });
  return { ...portal, ask };
}
afterEach(async () => {
  await portal?.simulator.stop();
  portal = undefined;
});

const eventsIn = (answer: Answer): { type: string; sequence_number: number }[] =>
  answer.text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      const [name, data] = event.split('\n');
      const value = JSON.parse(data?.slice('data: '.length) ?? '') as {
        type: string;
        sequence_number: number;
      };
      expect(name).toBe(`event: ${value.type}`);
      return value;
    });

describe('an answer', () => {
  it('repeats what its request said of it, and has the whole input counted', async () => {
    const { ask, rules } = await start();
    const metadata = { run: '1' };
    const { json } = await ask({
      instructions: 'four',
      metadata,
      store: false,
      input: [{ role: 'user', content: 'hello' }],
    });
    expect(json).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'MiniMax-M3',
      instructions: 'four',
      metadata,
      store: false,
      error: null,
      output: [{ type: 'message', role: 'assistant', status: 'completed' }],
      usage: { input_tokens: 3, output_tokens: 6, total_tokens: 9 },
    });
    expect(rules()).toEqual([]);
  });

  it('streams in as many deltas as are asked for, numbered without a gap, and ends with the whole', async () => {
    const { ask } = await start({ chunkCount: 4 });
    const own = eventsIn(await ask({ stream: true, user: 'sim:chunks=50;delayMs=0' }));
    expect(own.filter(({ type }) => type === 'response.output_text.delta')).toHaveLength(50);
    expect(own.map((event) => event.sequence_number)).toEqual(own.map((_, index) => index));
    const events = eventsIn(await ask({ stream: true }));
    expect(events.filter(({ type }) => type === 'response.output_text.delta')).toHaveLength(4);
    expect(events.at(-1)).toMatchObject({
      type: 'response.completed',
      response: { status: 'completed', output: [{ content: [{ text: 'echo(MiniMax-M3): hello' }] }] },
    });
  });
});

describe('a refusal', () => {
  it.each([
    ['an unknown model', { model: 'gpt' }, 404],
    ['no input', { input: undefined }, 400],
    ['an empty conversation', { input: [] }, 400],
    ['a tool without a type', { tools: [{ name: 'x' }] }, 400],
  ])('%s', async (_name, change, status) => {
    const { ask } = await start();
    const answer = await ask(change);
    expect([answer.status, answer.json]).toMatchObject([status, { error: { message: expect.any(String) } }]);
  });

  it('of a stranger, of another method, and by a fault of the target messages', async () => {
    const { ask, apiUrl, simulator } = await start();
    expect((await ask({}, 'nonsense')).status).toBe(401);
    expect((await call(`${apiUrl}/v1/responses`)).status).toBe(405);
    simulator.control.addFault({ target: 'messages', kind: 'status', status: 529 });
    expect((await ask({})).status).toBe(529);
    expect((await ask({})).status).toBe(200);
    expect(simulator.control.state().counters).toMatchObject({ messages: 1, messages401: 1 });
  });
});

describe('an API key', () => {
  it('is taken at the doors of models and not for the usage of the plan', async () => {
    const { ask, message, apiUrl, rules } = await start({ apiKeys: ['sk-one'] });
    expect([(await ask({}, 'sk-one')).status, (await message('sk-one')).status]).toEqual([200, 200]);
    expect((await ask({}, 'sk-two')).status).toBe(401);
    const usage = await call(`${apiUrl}/v1/token_plan/remains`, {
      headers: { authorization: 'Bearer sk-one' },
    });
    expect(usage.json).toMatchObject({ base_resp: { status_code: 1004 } });
    expect(rules()).toEqual([]);
  });
});

describe('a message of the role system within a conversation', () => {
  const messages = [
    { role: 'user', content: 'hello' },
    { role: 'system', content: 'be brief' },
  ];

  it('is read, or refused where it is told so', async () => {
    const { message, logIn, simulator } = await start();
    const { access } = await logIn();
    expect((await message(access, { messages })).json).toMatchObject({
      content: [{ text: 'echo(MiniMax-M3): hello' }],
    });
    simulator.control.set({ innerSystemRole: 'refuse' });
    const refused = await message(access, { messages });
    expect([refused.status, refused.text]).toEqual([
      400,
      expect.stringContaining('message role: system (2013)'),
    ]);
    expect((await message(access)).status).toBe(200);
  });
});
