// What is said of a model that may be outside the plan, and in which words.
import { expect, it } from 'vitest';
import { decidePlanWarning, type PlanFacts } from '../../src/cli/plan-check.ts';
import { complaintAbout } from '../support/cli-parser.ts';

const nowMs = 1_750_000_000_000;
const facts: PlanFacts = {
  ref: 'portal/fast',
  profileId: 'portal:default',
  saysNotInPlan: false,
  isNotInEveryPlan: false,
  nowMs,
};
const instead = 'portal/slow';
const fallback = 'minimax/MiniMax-M2.1';

it.each<[string, Partial<PlanFacts>, string[] | undefined]>([
  ['nothing known', {}, undefined],
  [
    'the service says so now',
    { saysNotInPlan: true },
    ['is not in the plan of portal:default, says its service', 'no fallback'],
  ],
  ['it said so', { refusedAtMs: nowMs - 720_000 }, ['said 12 min ago', 'no fallback']],
  [
    'some plans have it not',
    { isNotInEveryPlan: true, instead },
    ['not in every plan', 'models set portal/slow`', 'fallbacks add portal/slow`'],
  ],
  [
    'with a fallback',
    { saysNotInPlan: true, fallback, instead },
    ['goes on with minimax/MiniMax-M2.1', 'models set portal/slow`.'],
  ],
  [
    'what it says now goes before',
    { saysNotInPlan: true, refusedAtMs: nowMs, isNotInEveryPlan: true },
    ['says its service'],
  ],
])('%s', async (_, given, words) => {
  const warning = decidePlanWarning({ ...facts, ...given });
  if (words === undefined || warning === undefined) {
    expect(warning).toEqual(words);
    return;
  }
  const { message, remedy, certain } = warning;
  for (const word of words) expect(`${message} ${remedy}`).toContain(word);
  expect(certain).toBe(given.saysNotInPlan === true || given.refusedAtMs !== undefined);
  const commands = [...remedy.matchAll(/`(openclaw [^`]*)`/g)].map(([, command]) => command ?? '');
  expect(commands).not.toEqual([]);
  for (const command of commands) expect(await complaintAbout(command), command).toBeUndefined();
});
