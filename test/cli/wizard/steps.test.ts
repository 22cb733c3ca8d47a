// The wizard as a table: which question follows which answers, what going back undoes, what is no answer.
import { describe, expect, it } from 'vitest';
import type { SetupChoice } from '../../../src/app.ts';
import { questionOf } from '../../../src/cli/wizard/questions.ts';
import {
  completeAddress,
  fallbacksAfter,
  faultOf,
  goBack,
  modelAfter,
  nextStep,
  type Given,
  type StepId,
  type WizardFacts,
} from '../../../src/cli/wizard/steps.ts';
import { builtinChoices } from '../../../src/providers/builtin-providers.ts';

const portal: SetupChoice = {
  provider: 'minimax-portal',
  method: 'oauth',
  choiceId: 'minimax-global-oauth',
  choiceLabel: 'MiniMax plan',
  groupId: 'minimax',
  groupLabel: 'MiniMax',
  pluginId: 'minimax-portal-auth',
  enabled: true,
};

const facts: WizardFacts = {
  scope: 'configure',
  choices: [portal, ...builtinChoices],
  existing: [{ id: 'minimax:default', groupId: 'minimax', provider: 'minimax', label: 'minimax:default' }],
  replaces: () => undefined,
  ownVariable: (provider) => (provider === 'minimax' ? 'MINIMAX_API_KEY' : undefined),
  currentModel: 'minimax/MiniMax-M2.7',
  currentFallbacks: [],
  port: 18_789,
  addressOf: () => 'http://127.0.0.1:1234/v1',
  models: [{ ref: 'minimax/MiniMax-M2.7' }, { ref: 'minimax/MiniMax-M3' }, { ref: 'minimax/MiniMax-M2.5' }],
};

/** `section=model`; a `!` before it: said by a flag. */
function given(...answers: string[]): Given[] {
  return answers.map((answer) => {
    const [step, value = ''] = answer.replace(/^!/, '').split('=');
    return { step: step as StepId, value, by: answer.startsWith('!') ? 'flag' : 'person' };
  });
}

const toWay = ['section=model', 'group=minimax'];
const toModel = [...toWay, 'way=minimax-global-oauth'];

describe('nextStep', () => {
  it.each<[string[], StepId | undefined]>([
    [[], 'section'],
    [['section=gateway'], 'port'],
    [['section=gateway', 'port=1'], 'save'],
    [['section=gateway', 'port=1', 'save=save'], undefined],
    [['section=model'], 'group'],
    [toWay, 'way'],
    [[...toWay, 'way=keep:minimax:default'], 'model'],
    [toModel, 'model'],
    [[...toWay, 'way=minimax-api'], 'key-source'],
    [[...toWay, 'way=minimax-api', 'key-source=typed'], 'key'],
    [[...toWay, 'way=minimax-api', 'key-source=typed', 'key=given'], 'model'],
    [[...toWay, 'way=minimax-api', 'key-source=own-variable'], 'model'],
    [[...toWay, 'way=minimax-api', 'key-source=other-variable'], 'key-name'],
    [[...toWay, 'way=minimax-api', 'key-source=other-variable', 'key-name=MINE'], 'model'],
    [['section=model', 'group=lmstudio', 'way=lmstudio'], 'address'],
    [[...toModel, 'model=minimax/MiniMax-M3'], 'fallback'],
    [[...toModel, 'model=keep', 'fallback=enough'], 'save'],
    [[...toModel, 'model=keep', 'fallback=keep'], 'save'],
    [[...toModel, 'model=keep', 'fallback=minimax/MiniMax-M3'], 'fallback'],
    // None is left to choose.
    [[...toModel, 'model=keep', 'fallback=minimax/MiniMax-M3', 'fallback=minimax/MiniMax-M2.5'], 'save'],
    [[...toModel, 'model=keep', 'fallback=enough', 'save=save'], undefined],
  ])('after %j comes %s', (answers, step) => {
    expect(nextStep(facts, given(...answers))).toBe(step);
  });

  it.each<[string[], StepId | undefined]>([
    [[], 'way'],
    [['way=minimax-global-oauth'], undefined],
    [['way=anthropic-api'], 'key-source'],
    [['way=anthropic-api', 'key-source=typed', 'key=given'], undefined],
    [['way=lmstudio', 'address=x'], undefined],
  ])('a first run asks for the way alone: after %j comes %s', (answers, step) => {
    expect(nextStep({ ...facts, scope: 'onboard' }, given(...answers))).toBe(step);
  });
});

describe('a login that would be replaced', () => {
  const there: WizardFacts = { ...facts, scope: 'onboard', replaces: () => 'minimax-portal:default' };
  it.each<[string[], StepId | undefined]>([
    [['way=minimax-global-oauth'], 'name'],
    [['way=minimax-global-oauth', 'name=same-name'], undefined],
    [['way=minimax-global-oauth', 'name=other-name'], 'new-name'],
    [['way=minimax-global-oauth', 'name=other-name', 'new-name=work'], undefined],
    [['way=minimax-api', 'key-source=typed'], 'name'],
    [['way=minimax-api', 'key-source=typed', 'name=same-name'], 'key'],
    // A key that stays in its variable replaces none.
    [['way=minimax-api', 'key-source=own-variable'], undefined],
    [['way=minimax-api', 'key-source=other-variable'], 'key-name'],
  ])('is asked about: after %j comes %s', (answers, step) => {
    expect(nextStep(there, given(...answers))).toBe(step);
  });
});

describe('goBack', () => {
  it.each<[string[], string[] | undefined]>([
    [[], undefined],
    [['!section=model'], undefined],
    [['section=model'], []],
    [
      ['!section=model', 'group=minimax', 'way=minimax-api'],
      ['!section=model', 'group=minimax'],
    ],
    // What followed by itself goes with the answer that it followed.
    [['section=model', '!group=minimax', '!way=minimax-api'], []],
    [
      ['section=model', 'fallback=a/b', 'fallback=c/d'],
      ['section=model', 'fallback=a/b'],
    ],
  ])('from %j to %j', (answers, before) => {
    expect(goBack(given(...answers))).toEqual(before && given(...before));
  });

  it('leads from the last step back to the first, question by question', () => {
    let answers: Given[] | undefined = given(...toModel, 'model=keep', 'fallback=enough');
    const steps: (StepId | undefined)[] = [];
    while (answers !== undefined) {
      steps.push(nextStep(facts, answers));
      answers = goBack(answers);
    }
    expect(steps).toEqual(['save', 'fallback', 'model', 'way', 'group', 'section']);
  });
});

describe('what the answers lead to', () => {
  it.each<[string[], string | undefined, string[] | undefined]>([
    [['model=keep', 'fallback=keep'], 'minimax/MiniMax-M2.7', undefined],
    [['model=a/b'], 'a/b', undefined],
    [['model=a/b', 'fallback=enough'], 'a/b', []],
    [['model=a/b', 'fallback=c/d', 'fallback=e/f', 'fallback=enough'], 'a/b', ['c/d', 'e/f']],
  ])('%j: %s, then %j', (answers, model, fallbacks) => {
    expect(modelAfter(facts, given(...answers))).toBe(model);
    expect(fallbacksAfter(given(...answers))).toEqual(fallbacks);
  });
});

describe('faultOf', () => {
  it.each<[StepId, string, boolean]>([
    ['key-name', 'MINIMAX_API_KEY', true],
    ['key-name', '_X9', true],
    ['key-name', 'minimax_api_key', false],
    ['key-name', '$MINE', false],
    ['key-name', '9A', false],
    ['key-name', 'sk-cp-abcdef', false],
    ['address', 'http://127.0.0.1:1234/v1', true],
    ['address', 'localhost:1234', true],
    ['address', 'ftp://x', false],
    ['address', 'http://me:word@127.0.0.1:1', false],
    ['address', 'http://127.0.0.1:1/v1?key=1', false],
    ['address', 'not an address', false],
    ['port', '18790', true],
    ['port', '0', false],
    ['port', '70000', false],
    ['port', '1e3', false],
  ])('%s %s: %s', (step, value, isFine) => {
    expect(faultOf(step, value) === undefined).toBe(isFine);
  });
});

describe('completeAddress', () => {
  it.each([
    ['127.0.0.1:1234', 'http://127.0.0.1:1234/v1'],
    ['http://localhost:1234/', 'http://localhost:1234/v1'],
    [' http://localhost:1234/v1/ ', 'http://localhost:1234/v1'],
    ['https://box.lan/lm/v1', 'https://box.lan/lm/v1'],
  ])('%s is %s', (typed, complete) => {
    expect(completeAddress(typed)).toBe(complete);
  });
});

describe('questionOf', () => {
  const valuesOf = (step: StepId, ...answers: string[]): string[] => {
    const question = questionOf(facts, given(...answers), step);
    return question.kind === 'select' ? question.options.map(({ value }) => value) : [];
  };

  it('offers what is there first, and no choice that is made by its id alone', () => {
    const hidden: SetupChoice = { ...portal, choiceId: 'hidden', assistantVisibility: 'manual-only' };
    const question = questionOf({ ...facts, choices: [hidden, ...facts.choices] }, given(...toWay), 'way');
    expect(question.kind === 'select' ? question.options.map(({ value }) => value) : []).toEqual([
      'keep:minimax:default',
      'minimax-global-oauth',
      'minimax-api',
      'minimax-cn-api',
    ]);
  });

  it('offers the provider’s own variable when it is set', () => {
    expect(valuesOf('key-source', ...toWay, 'way=minimax-api')).toEqual([
      'own-variable',
      'typed',
      'other-variable',
    ]);
    expect(valuesOf('key-source', 'section=model', 'group=anthropic', 'way=anthropic-api')).toEqual([
      'typed',
      'other-variable',
    ]);
  });

  it('never offers a model twice in one chain', () => {
    expect(valuesOf('fallback', 'model=minimax/MiniMax-M3', 'fallback=minimax/MiniMax-M2.5')).toEqual([
      'enough',
      'minimax/MiniMax-M2.7',
    ]);
  });

  it('begins with the answer that was given before somebody went back', () => {
    expect(questionOf(facts, given(...toWay), 'way', 'minimax-cn-api')).toMatchObject({
      initial: 'minimax-cn-api',
    });
    expect(questionOf(facts, given(...toWay), 'way', 'gone')).not.toHaveProperty('initial');
    expect(questionOf(facts, [], 'key', 'given')).not.toHaveProperty('initial');
  });
});
