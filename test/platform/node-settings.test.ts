// How Node is started for a gateway.
import { expect, it } from 'vitest';
import { nodeArgsOfGateway } from '../../src/platform/node-settings.ts';

it('a gateway that starts the next one hands on what it has, once', () => {
  const first = nodeArgsOfGateway(['--import', './a.mjs', '--import', './b.mjs']);
  expect(first.slice(0, 4)).toEqual(['--import', './a.mjs', '--import', './b.mjs']);
  expect(first).toContain('--max-semi-space-size=8');
  expect(nodeArgsOfGateway(first)).toEqual(first);
});

it('a person’s own choice stays', () => {
  for (const chosen of [['--max-semi-space-size=64'], ['--max-semi-space-size', '64']]) {
    expect(nodeArgsOfGateway(chosen)).toEqual(chosen);
  }
});
