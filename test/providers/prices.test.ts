// What a usage costs, and what a person's own prices may look like.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ModelDefinition } from '../../src/plugin-sdk/index.ts';
import { createPrices, readPrices } from '../../src/providers/prices.ts';
import { tempFolder } from '../support/temp-folder.ts';

const route = (ref: string, cost: ModelDefinition['cost']) => ({
  ref,
  definition: {
    id: 'x',
    name: 'x',
    reasoning: false,
    input: ['text'],
    cost,
    contextWindow: 1,
    maxTokens: 1,
  } as const,
});
const m3 = route('minimax/MiniMax-M3', { input: 0.6, output: 2.4, cacheRead: 0.12, cacheWrite: 0 });
const usage = { input: 1_000_000, output: 10, cacheRead: 100, cacheWrite: 1 };

function written(text: string): ReturnType<typeof readPrices> & { file: string } {
  const file = join(tempFolder(), 'models.json');
  writeFileSync(file, text);
  return { ...readPrices(file), file };
}

describe('a cost', () => {
  it.each([
    ['every kind', m3.definition.cost, usage, 600_000_000 + 24_000 + 12_000],
    ['a fraction', { input: 0.375, output: 0, cacheRead: 0, cacheWrite: 0 }, { ...usage, input: 3 }, 1_125],
    [
      'less than a nano-dollar a token',
      { input: 0.00025, output: 0, cacheRead: 0, cacheWrite: 0 },
      { ...usage, input: 4 },
      1,
    ],
    ['a plan', { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }, usage, 0],
    [
      'what is thought is paid as output',
      { input: 0, output: 1, cacheRead: 0, cacheWrite: 0 },
      { ...usage, reasoning: 9 },
      10_000,
    ],
  ])('%s', (_name, cost, used, expected) => {
    expect(createPrices(new Map()).costOf(route('a/b', cost), used)).toBe(expected);
  });

  it('does not drift: a tenth of a cent ten thousand times is ten dollars', () => {
    const prices = createPrices(new Map());
    let sum = 0;
    const cheap = route('a/b', { input: 0.1, output: 0, cacheRead: 0, cacheWrite: 0 });
    for (let index = 0; index < 10_000; index += 1)
      sum += prices.costOf(cheap, { input: 10_000, output: 0, cacheRead: 0, cacheWrite: 0 });
    expect(sum).toBe(10_000_000_000);
  });
});

describe('models.json', () => {
  it('goes over the catalogue, kind by kind', () => {
    const { own, warnings } = written('{ "minimax/MiniMax-M3": { "input": 1, "output": 2.5 } }');
    expect(warnings).toEqual([]);
    const prices = createPrices(own);
    expect(prices.priceOf(m3)).toEqual({ input: 1, output: 2.5, cacheRead: 0.12, cacheWrite: 0 });
    expect(prices.priceOf(route('minimax/other', m3.definition.cost))).toEqual(m3.definition.cost);
  });

  it('need not be there', () => {
    expect(readPrices(join(tempFolder(), 'none.json'))).toEqual({ own: new Map(), warnings: [] });
  });

  it.each([
    ['{ "a/b": { input: 1,\n } ', 2, /models\.json:2/, 0],
    ['[]', 1, /must hold an object/, 0],
    ['{\n "b": { "input": 1 } }', 2, /"b" is no "provider\/model"/, 0],
    ['{ "a/b": 3 }', 1, /"a\/b" must be an object of prices/, 0],
    ['{ "a/b": {\n "inptu": 3 } }', 2, /"inptu" is no kind of price: did you mean input\?/, 1],
    ['{ "a/b": {\n\n "input": "3" } }', 3, /input must be a number of USD per million tokens/, 1],
    ['{ "a/b": { "input": -1, "output": 1e9 } }', 1, /input must be a number/, 1],
  ])('says what is wrong and goes on: %s', (text, line, message, kept) => {
    const { own, warnings } = written(text);
    expect(warnings[0]).toMatchObject({ line, message: expect.stringMatching(message) as string });
    expect(own.size).toBe(kept);
    expect(createPrices(own).priceOf(route('a/b', m3.definition.cost))).toEqual(m3.definition.cost);
  });
});
