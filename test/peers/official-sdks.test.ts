// The official SDKs against a whole gateway with the portal simulator behind it: what they parse, count, list and throw.
import Anthropic, {
  APIError as AnthropicError,
  AuthenticationError as AnthropicUnauthorized,
  BadRequestError as AnthropicBadRequest,
  NotFoundError as AnthropicNotFound,
  RateLimitError as AnthropicRateLimit,
} from '@anthropic-ai/sdk';
import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai';
import { expect, it } from 'vitest';
import { openServingStage, type ServingStage } from '../support/serving-stage.ts';

const question = 'hello there, friend';
const answer = `echo(MiniMax-M3): ${question}`;
const messages = [{ role: 'user' as const, content: question }];

const openai = ({ url, token }: ServingStage): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0, logLevel: 'off' });

/** Every login that could serve is limited or out of order: each try of a request meets the same. */
function refuseAll({ portal }: ServingStage, status: number, retryAfter?: string): void {
  const further = retryAfter === undefined ? {} : { retryAfter };
  portal.control.addFault({ target: 'messages', kind: 'status', status, times: 50, ...further });
}

async function thrownBy(work: PromiseLike<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

it('@anthropic-ai/sdk: messages, streams, counts and lists, and knows each error', async () => {
  const stage = await openServingStage();
  const client = new Anthropic({
    baseURL: stage.url,
    apiKey: stage.token,
    maxRetries: 0,
    logLevel: 'off',
  });
  const request = { model: 'minimax-portal/MiniMax-M3', max_tokens: 64, messages };

  const { data, request_id } = await client.messages.create(request).withResponse();
  expect(data).toMatchObject({ content: [{ type: 'text', text: answer }], usage: { output_tokens: 10 } });
  expect(request_id).toMatch(/^req_/);
  const streamed = await client.messages.stream(request).finalMessage();
  expect(streamed).toMatchObject({
    content: [{ text: answer }],
    usage: { input_tokens: 5, output_tokens: 10 },
  });
  // As Claude Code sends it.
  const beta = await client.beta.messages.create({
    ...request,
    betas: ['prompt-caching-scope-2026-01-05'],
    system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
    thinking: { type: 'adaptive' },
    tools: [{ name: 'read', input_schema: { type: 'object' } }],
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'read it' }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'read', input: {} }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: 'file' }] },
          { type: 'text', text: 'and now?' },
        ],
      },
    ],
  });
  expect(beta.content).toMatchObject([{ text: 'echo(MiniMax-M3): and now?' }]);
  expect((await client.messages.countTokens({ model: request.model, messages })).input_tokens).toBe(5);
  const listed: string[] = [];
  for await (const { id } of client.models.list()) listed.push(id);
  expect(listed).toContain('minimax-portal/MiniMax-M3');
  expect(listed).not.toContain('chat/MiniMax-M3');
  expect(await client.models.retrieve('minimax-portal/MiniMax-M3')).toMatchObject({ type: 'model' });
  expect(stage.portal.control.state().violations).toEqual([]);

  const stranger = client.withOptions({ apiKey: 'wrong' });
  expect(await thrownBy(stranger.messages.create(request))).toBeInstanceOf(AnthropicUnauthorized);
  const unknown = await thrownBy(client.messages.create({ ...request, model: 'minimax-portal/minimax-m3' }));
  expect(unknown).toBeInstanceOf(AnthropicNotFound);
  expect(String(unknown)).toContain('minimax-portal/MiniMax-M3');
  const tooLong = {
    ...request,
    model: 'minimax-portal/MiniMax-M2.1',
    messages: [{ role: 'user' as const, content: 'x'.repeat(800_004) }],
  };
  expect(await thrownBy(client.messages.create(tooLong))).toBeInstanceOf(AnthropicBadRequest);

  stage.portal.control.addFault({ target: 'messages', kind: 'cut_stream', afterEvents: 5 });
  const cut = await thrownBy(client.messages.stream(request).finalMessage());
  expect(cut).toBeInstanceOf(AnthropicError);
  refuseAll(stage, 429, '7');
  const limited = await thrownBy(client.messages.create(request));
  expect(limited).toBeInstanceOf(AnthropicRateLimit);
  expect(Number((limited as AnthropicRateLimit).headers.get('retry-after'))).toBeGreaterThan(0);
});

it('openai: chat completions whole and streamed with usage, and knows each error', async () => {
  const stage = await openServingStage();
  const client = openai(stage);
  const request = { model: 'chat/MiniMax-M3', messages };
  const whole = await client.chat.completions.create(request);
  expect([whole.choices[0]?.message.content, whole.usage?.total_tokens]).toEqual([answer, 15]);
  let said = '';
  let usage: unknown;
  const asked = { ...request, stream: true as const, stream_options: { include_usage: true } };
  for await (const chunk of await client.chat.completions.create(asked)) {
    said += chunk.choices[0]?.delta.content ?? '';
    usage = chunk.usage ?? usage;
  }
  expect([said, usage]).toMatchObject([answer, { prompt_tokens: 5, completion_tokens: 10 }]);
  const listed: string[] = [];
  for await (const { id } of client.models.list()) listed.push(id);
  expect(listed).toEqual(
    expect.arrayContaining(['minimax-portal/MiniMax-M3', 'chat/MiniMax-M3', 'responses/MiniMax-M3']),
  );

  const wrong = client.withOptions({ apiKey: 'wrong' });
  expect(await thrownBy(wrong.chat.completions.create(request))).toBeInstanceOf(AuthenticationError);
  const unknown = client.chat.completions.create({ ...request, model: 'chat/gpt-9' });
  expect(await thrownBy(unknown)).toBeInstanceOf(NotFoundError);
  const byLogin = await client.chat.completions.create({ ...request, model: 'minimax-portal/MiniMax-M3' });
  expect(byLogin.choices[0]?.message.content).toBe(answer);
  const elsewhere = client.chat.completions.create({ ...request, model: 'responses/MiniMax-M3' });
  expect(await thrownBy(elsewhere)).toBeInstanceOf(BadRequestError);

  stage.portal.control.addFault({ target: 'messages', kind: 'cut_stream', afterEvents: 3 });
  const cut = async (): Promise<void> => {
    for await (const _chunk of await client.chat.completions.create(asked));
  };
  expect(await thrownBy(cut())).toBeInstanceOf(APIError);
  refuseAll(stage, 429, '7');
  const limited = await thrownBy(client.chat.completions.create(request));
  expect(limited).toBeInstanceOf(RateLimitError);
  expect(Number((limited as RateLimitError).headers?.get('retry-after'))).toBeGreaterThan(0);
});

it('openai: responses whole and as events, with what codex sends, and knows each error', async () => {
  const stage = await openServingStage();
  const client = openai(stage);
  const request = { model: 'responses/MiniMax-M3', input: question };
  const whole = await client.responses.create(request);
  expect([whole.output_text, whole.usage?.total_tokens]).toEqual([answer, 15]);

  const kinds: string[] = [];
  const numbers: number[] = [];
  const stream = client.responses.stream({
    ...request,
    instructions: 'Be brief.',
    store: false,
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: 'one',
    reasoning: { effort: 'medium', summary: 'auto' },
    tools: [{ type: 'function', name: 'shell', parameters: {}, strict: false }],
    input: [
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'rules' }] },
      { type: 'function_call', call_id: 'call_1', name: 'shell', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'done' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: question }] },
    ],
  });
  stream.on('event', (event) => {
    kinds.push(event.type);
    numbers.push(event.sequence_number);
  });
  const final = await stream.finalResponse();
  expect([final.output_text, final.status]).toEqual([answer, 'completed']);
  expect(final.usage).toMatchObject({ output_tokens: 10 });
  expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ]);
  expect(numbers).toEqual(numbers.map((_, index) => index));

  const wrong = client.withOptions({ apiKey: 'wrong' });
  expect(await thrownBy(wrong.responses.create(request))).toBeInstanceOf(AuthenticationError);
  const unknown = client.responses.create({ ...request, model: 'responses/gpt-9' });
  expect(await thrownBy(unknown)).toBeInstanceOf(NotFoundError);
  const small = client.responses.create({ ...request, max_output_tokens: 1 });
  expect(await thrownBy(small)).toBeInstanceOf(BadRequestError);
  expect(stage.portal.control.state().violations).toEqual([]);

  stage.portal.control.addFault({ target: 'messages', kind: 'cut_stream', afterEvents: 5 });
  const cut = async (): Promise<void> => {
    for await (const _event of await client.responses.create({ ...request, stream: true }));
  };
  expect(await thrownBy(cut())).toBeInstanceOf(APIError);
  refuseAll(stage, 503);
  expect(await thrownBy(client.responses.create(request))).toBeInstanceOf(InternalServerError);
});
