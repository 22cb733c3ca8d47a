// The usage of every kind of answer, wherever it is cut into pieces, beside whatever looks like one and is none.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelApi } from '../../src/plugin-sdk/index.ts';
import type { Usage } from '../../src/wire/usage.ts';
import { createUsageTap } from '../../src/wire/usage-tap.ts';
import { propertyRuns } from '../support/property-runs.ts';

function tapped(api: ModelApi, isStream: boolean, pieces: readonly Buffer[]): Usage | undefined {
  const tap = createUsageTap(api, isStream);
  for (const piece of pieces) tap.push(piece);
  return tap.end();
}

const inJson = (api: ModelApi, body: unknown): Usage | undefined =>
  tapped(api, false, [Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))]);

const events = (list: readonly unknown[], isNamed = true): string =>
  list
    .map((event) => {
      const type = (event as { type?: string }).type;
      return `${isNamed && type !== undefined ? `event: ${type}\n` : ''}data: ${JSON.stringify(event)}\n\n`;
    })
    .join('');

const inStream = (api: ModelApi, list: readonly unknown[], after = ''): Usage | undefined =>
  tapped(api, true, [Buffer.from(events(list) + after)]);

const counted = (input: number, output: number, cacheRead = 0, cacheWrite = 0): Usage => ({
  input,
  output,
  cacheRead,
  cacheWrite,
});

const long = 'word '.repeat(10_000);

describe('one body', () => {
  it.each<[string, ModelApi, unknown, Usage | undefined]>([
    [
      'Anthropic counts its cache beside the input',
      'anthropic-messages',
      {
        type: 'message',
        content: [{ type: 'text', text: long }],
        usage: {
          input_tokens: 7,
          cache_creation_input_tokens: 20,
          cache_read_input_tokens: 300,
          cache_creation: { ephemeral_5m_input_tokens: 20 },
          output_tokens: 5,
          service_tier: 'standard',
        },
      },
      counted(7, 5, 300, 20),
    ],
    [
      'OpenAI counts its cache into the prompt',
      'openai-completions',
      {
        choices: [{ message: { content: long } }],
        usage: {
          prompt_tokens: 100,
          completion_tokens: 40,
          total_tokens: 140,
          prompt_tokens_details: { cached_tokens: 64 },
          completion_tokens_details: { reasoning_tokens: 30 },
        },
        service_tier: 'default',
      },
      { ...counted(36, 40, 64), reasoning: 30 },
    ],
    [
      'MiniMax tells of characters too',
      'openai-completions',
      {
        choices: [],
        usage: { total_tokens: 12, total_characters: 0, prompt_tokens: 9, completion_tokens: 3 },
        base_resp: { status_code: 0 },
      },
      counted(9, 3),
    ],
    [
      'the sum only',
      'openai-completions',
      { usage: { total_tokens: 12, completion_tokens: 2 } },
      counted(10, 2),
    ],
    [
      'responses',
      'openai-responses',
      {
        output: [{ content: [{ text: long }] }],
        usage: {
          input_tokens: 50,
          input_tokens_details: { cached_tokens: 20 },
          output_tokens: 8,
          output_tokens_details: { reasoning_tokens: 0 },
        },
        user: null,
        metadata: Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`k${n}`, 'v'.repeat(512)])),
      },
      { ...counted(30, 8, 20), reasoning: 0 },
    ],
    [
      'at the beginning of a long body',
      'openai-completions',
      {
        id: 'x',
        usage: { prompt_tokens: 1, completion_tokens: 2 },
        choices: [{ message: { content: long } }],
      },
      counted(1, 2),
    ],
    [
      "a tool's input of the same name, after it",
      'anthropic-messages',
      {
        usage: { input_tokens: 1, output_tokens: 2 },
        content: [{ type: 'tool_use', input: { usage: { input_tokens: 900, output_tokens: 900 } } }],
      },
      counted(1, 2),
    ],
    [
      "a tool's input of the same name, alone",
      'anthropic-messages',
      { content: [{ type: 'tool_use', input: { usage: { input_tokens: 900, output_tokens: 900 } } }] },
      undefined,
    ],
    [
      'a text that quotes an answer',
      'anthropic-messages',
      {
        usage: { input_tokens: 1, output_tokens: 2 },
        content: [{ text: '{"usage":{"input_tokens":900,"output_tokens":900}}' }],
      },
      counted(1, 2),
    ],
    [
      'a name that ends like it',
      'anthropic-messages',
      { usage: { input_tokens: 1, output_tokens: 2 }, 'the "usage': { input_tokens: 900 } },
      counted(1, 2),
    ],
    ['an error', 'anthropic-messages', { type: 'error', error: { type: 'x', message: 'y' } }, undefined],
    ['no object', 'openai-completions', { usage: null }, undefined],
    ['no numbers', 'openai-completions', { usage: { prompt_tokens: '9' } }, undefined],
    [
      'numbers that make no sense',
      'anthropic-messages',
      { usage: { input_tokens: -4, output_tokens: 1e300, cache_read_input_tokens: 1.5 } },
      undefined,
    ],
    [
      'more from the cache than there was',
      'openai-responses',
      { usage: { input_tokens: 3, input_tokens_details: { cached_tokens: 9 } } },
      counted(0, 0, 3),
    ],
  ])('%s', (_name, api, body, expected) => {
    expect(inJson(api, body)).toEqual(expected);
    expect(inJson(api, JSON.stringify(body, undefined, 2))).toEqual(expected);
  });

  it.each(['', '{', '"usage"', '{"usage":', '{"usage":{', '{"usage":{]}', '\u001f\u008b', '[]', '}}}}'])(
    'nothing in %j',
    (body) => {
      expect(inJson('openai-completions', body)).toBeUndefined();
      expect(tapped('openai-responses', true, [Buffer.from(`data: ${body}\n\n`)])).toBeUndefined();
    },
  );
});

describe('a stream', () => {
  const start = (usage: unknown): unknown => ({
    type: 'message_start',
    message: { id: 'm', content: [], usage },
  });
  const text = (words: string): unknown => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text: words },
  });
  const stop = { type: 'message_stop' };

  it('of Anthropic begins with the input and ends with the output', () => {
    const begun = start({ input_tokens: 25, cache_read_input_tokens: 4, output_tokens: 1 });
    const ended = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 15 } };
    const middle = Array.from({ length: 400 }, (_, n) => text(`"usage":{"input_tokens":${n}}`));
    expect(inStream('anthropic-messages', [begun, ...middle, ended, stop])).toEqual(counted(25, 15, 4));
    expect(inStream('anthropic-messages', [begun, { type: 'ping' }, ended, stop])).toEqual(
      counted(25, 15, 4),
    );
    // Servers that know the input only at the end, or say it again as nothing.
    const whole = { type: 'message_delta', delta: {}, usage: { input_tokens: 30, output_tokens: 15 } };
    const none = { type: 'message_delta', delta: {}, usage: { input_tokens: 0, output_tokens: 15 } };
    expect(inStream('anthropic-messages', [start({ input_tokens: 0 }), whole, stop])).toEqual(
      counted(30, 15),
    );
    expect(inStream('anthropic-messages', [begun, none, stop])).toEqual(counted(25, 15, 4));
  });

  it('of Anthropic that was cut has cost its input', () => {
    const begun = start({ input_tokens: 25, output_tokens: 1 });
    expect(inStream('anthropic-messages', [begun, text(long)], 'event: content_block_delta\nda')).toEqual(
      counted(25, 1),
    );
  });

  it('of Anthropic that was cut after its usage has it', () => {
    const ended = { type: 'message_delta', delta: {}, usage: { input_tokens: 25, output_tokens: 15 } };
    expect(inStream('anthropic-messages', [ended], 'event: message_stop\ndata: {"type":"mess')).toEqual(
      counted(25, 15),
    );
  });

  it('of chat completions has it in the last chunk that has one', () => {
    const chunk = (usage: unknown): unknown => ({ choices: [{ delta: { content: 'x' } }], usage });
    const last = { choices: [], usage: { prompt_tokens: 8, completion_tokens: 2 } };
    expect(inStream('openai-completions', [chunk(null), last], 'data: [DONE]\n\n')).toEqual(counted(8, 2));
    const sums = [1, 2, 3].map((n) => chunk({ prompt_tokens: 8, completion_tokens: n }));
    expect(inStream('openai-completions', sums, 'data: [DONE]\n\n')).toEqual(counted(8, 3));
    const native = {
      choices: [{ message: { content: long } }],
      usage: { prompt_tokens: 8, completion_tokens: 9 },
    };
    expect(inStream('openai-completions', [chunk(null), native])).toEqual(counted(8, 9));
    expect(inStream('openai-completions', [chunk(null)], 'data: [DONE]\r\n\r\n')).toBeUndefined();
  });

  it.each(['completed', 'incomplete', 'failed'])('of responses has it in response.%s', (end) => {
    const response = {
      output: [{ content: [{ text: long }] }],
      usage: { input_tokens: 3, output_tokens: 4 },
      user: null,
    };
    const begun = { type: 'response.created', response: { usage: null } };
    expect(inStream('openai-responses', [begun, { type: `response.${end}`, response }])).toEqual(
      counted(3, 4),
    );
  });

  it('has the usage of no tool that is given as an object', () => {
    const item = {
      type: 'response.output_item.done',
      item: { arguments: { usage: { input_tokens: 9, output_tokens: 9 } } },
    };
    expect(inStream('openai-responses', [item])).toBeUndefined();
  });
});

describe('however it is cut', () => {
  const number = fc.nat({ max: 1_000_000 });
  const content = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constantFrom('"usage":{"input_tokens":1}', '\\"usage\\":{', '}\n\ndata: {"usage":{}}'),
    fc.integer({ min: 0, max: 12_000 }).map((length) => 'ü'.repeat(length)),
  );
  const answer = fc
    .record({
      api: fc.constantFrom<ModelApi>('anthropic-messages', 'openai-completions', 'openai-responses'),
      isStream: fc.boolean(),
      words: fc.array(content, { maxLength: 12 }),
      input: number,
      output: number,
      cacheRead: number,
    })
    .map(({ api, isStream, words, input, output, cacheRead }) => {
      const usage =
        api === 'openai-completions'
          ? {
              prompt_tokens: input + cacheRead,
              completion_tokens: output,
              prompt_tokens_details: { cached_tokens: cacheRead },
            }
          : api === 'openai-responses'
            ? {
                input_tokens: input + cacheRead,
                output_tokens: output,
                input_tokens_details: { cached_tokens: cacheRead },
              }
            : { input_tokens: input, cache_read_input_tokens: cacheRead, output_tokens: output };
      const said = words.map((text) => ({ text, input: { usage: { input_tokens: 1, prompt_tokens: 1 } } }));
      const expected = counted(input, output, cacheRead);
      if (!isStream)
        return { api, isStream, expected, bytes: Buffer.from(JSON.stringify({ content: said, usage })) };
      const deltas = said.map((delta) => ({ type: 'delta', block: { delta } }));
      const ends: Record<ModelApi, unknown[]> = {
        'anthropic-messages': [{ type: 'message_delta', delta: {}, usage }, { type: 'message_stop' }],
        'openai-completions': [{ choices: [], usage }],
        'openai-responses': [{ type: 'response.completed', response: { output: said, usage, user: null } }],
      };
      return { api, isStream, expected, bytes: Buffer.from(events([...deltas, ...ends[api]])) };
    });
  const cuts = fc.oneof(fc.array(fc.nat(), { maxLength: 30 }), fc.integer({ min: 1, max: 9 }));

  it('the same is found', () => {
    fc.assert(
      fc.property(answer, cuts, ({ api, isStream, expected, bytes }, where) => {
        const places =
          typeof where === 'number'
            ? Array.from({ length: Math.floor(bytes.length / where) }, (_, n) => (n + 1) * where)
            : where.map((cut) => cut % bytes.length).sort((left, right) => left - right);
        const pieces = [0, ...places].map((start, index) =>
          bytes.subarray(start, places[index] ?? bytes.length),
        );
        expect(tapped(api, isStream, pieces)).toEqual(expected);
      }),
      { numRuns: propertyRuns(150) },
    );
  });

  it('no bytes make it throw', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.boolean(), (noise, isStream) => {
        const pieces = [
          Buffer.from('data: {"usage":{"input_tokens":'),
          ...noise.map((bytes) => Buffer.from(bytes)),
        ];
        const found = tapped('openai-responses', isStream, pieces);
        if (found !== undefined) expect(Number.isSafeInteger(found.input)).toBe(true);
      }),
      { numRuns: propertyRuns(200) },
    );
  });
});
