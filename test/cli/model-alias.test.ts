// Which names an alias may be.
import { describe, expect, it } from 'vitest';
import { decideAlias } from '../../src/cli/model-alias.ts';
import { isOpenClawError } from '../../src/errors.ts';
import { complaintAbout } from '../support/cli-parser.ts';

const models = [
  { ref: 'minimax/M3', modelId: 'M3' },
  { ref: 'portal/M3', modelId: 'M3' },
  { ref: 'minimax/M2', modelId: 'M2' },
];
const aliases = new Map([['fast', 'minimax/M2']]);

function decide(alias: string, ref: string): { note?: string } {
  return decideAlias({ alias, ref, aliases, models });
}

describe('refused', () => {
  it.each([
    ['a/b', 'minimax/M3', 'looks like a ref'],
    ['default', 'minimax/M3', 'stands for the default model'],
    ['', 'minimax/M3', 'cannot be an alias'],
    ['two words', 'minimax/M3', 'cannot be an alias'],
    ['-x', 'minimax/M3', 'cannot be an alias'],
    ['${HOME}', 'minimax/M3', 'cannot be an alias'],
    ['\u001b[31mred', 'minimax/M3', 'cannot be an alias'],
    ['x'.repeat(65), 'minimax/M3', 'cannot be an alias'],
    ['fast', 'minimax/M3', 'is that of minimax/M2'],
    ['M2', 'minimax/M3', 'is the id of a model already: minimax/M2'],
    ['M3', 'minimax/M2', 'is the id of a model already: minimax/M3, portal/M3'],
  ])('%j for %s: %s', async (alias, ref, words) => {
    let thrown: unknown;
    try {
      decide(alias, ref);
    } catch (error) {
      thrown = error;
    }
    if (!isOpenClawError(thrown)) throw new Error('It was taken.');
    expect([thrown.code, thrown.message]).toEqual(['USAGE', expect.stringContaining(words)]);
    expect(thrown.message).not.toContain('\u001b');
    const commands = [...thrown.remedy.matchAll(/`(openclaw [^`]*)`/g)].map(([, command]) => command ?? '');
    for (const command of commands) expect(await complaintAbout(command), command).toBeUndefined();
  });
});

describe('taken', () => {
  it.each([
    ['opus', 'minimax/M3', undefined],
    ['模型', 'minimax/M3', undefined],
    ['gpt-4.1:fast', 'minimax/M3', undefined],
    ['fast', 'minimax/M2', undefined],
    ['M2', 'minimax/M2', undefined],
    ['M3', 'portal/M3', 'also that of minimax/M3'],
    ['Fast', 'minimax/M3', 'names are case-sensitive'],
  ])('%j for %s, with the note %j', (alias, ref, note) => {
    const answer = decide(alias, ref);
    expect(answer.note ?? '').toContain(note ?? '');
    expect(answer.note === undefined).toBe(note === undefined);
  });
});
