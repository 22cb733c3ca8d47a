// What the wizard says at each step: question, options, and the flag that answers it where nobody can be asked. Pure.
// Which step comes when is steps.ts's; how it is shown, and how one goes back, is question-prompt.ts's.
import type { SetupChoice } from '../../app.ts';
import {
  choiceOf,
  enough,
  fallbackOptions,
  fallbacksAfter,
  keep,
  keepPrefix,
  otherName,
  otherVariable,
  ownVariable,
  sameName,
  typed,
  valueOf,
  type Given,
  type StepId,
  type WizardFacts,
} from './steps.ts';

export type Option = { readonly value: string; readonly label: string; readonly hint?: string };

export type Question = {
  /** `login`: which of the logins that there are; outside of the wizard. */
  readonly step: StepId | 'login';
  /** One line. */
  readonly message: string;
  /** Lines above it. */
  readonly details?: readonly string[];
  /** What gives the answer without a terminal, in backticks. */
  readonly flag: string;
} & (
  | { readonly kind: 'select'; readonly options: readonly Option[]; readonly initial?: string }
  | { readonly kind: 'text'; readonly initial?: string; readonly placeholder?: string }
  | { readonly kind: 'secret' }
);

/** `former`: what was answered before somebody went back. */
export function questionOf(
  facts: WizardFacts,
  given: readonly Given[],
  step: StepId,
  former?: string,
): Question {
  const question = plainQuestion(facts, given, step);
  if (former === undefined || question.kind === 'secret') return question;
  if (question.kind === 'text') return { ...question, initial: former };
  return question.options.some(({ value }) => value === former) ? { ...question, initial: former } : question;
}

function plainQuestion(facts: WizardFacts, given: readonly Given[], step: StepId): Question {
  const choice = choiceOf(facts, given);
  const replaced = (choice && facts.replaces(choice)) ?? 'A login of this name';
  const isLogin = choice?.pluginId !== undefined;
  const anew = isLogin ? 'Log in again' : 'Give a new key';
  switch (step) {
    case 'section':
      return {
        step,
        kind: 'select',
        message: 'What do you want to configure?',
        options: [
          {
            value: 'model',
            label: 'Model/auth',
            hint: 'provider, key or login, default model, fallbacks',
          },
          { value: 'gateway', label: 'Gateway', hint: `its port, now ${facts.port}` },
        ],
        flag: '`--section model`',
      };
    case 'group':
      return {
        step,
        kind: 'select',
        message: 'Which provider?',
        options: groups(facts),
        flag: '`--auth-choice minimax-portal` (`openclaw configure --help` lists them) or `--keep-login`',
      };
    case 'way':
      return {
        step,
        kind: 'select',
        message: facts.scope === 'onboard' ? 'How do you want to log in?' : 'How do you want to use it?',
        options: wayOptions(facts, given),
        flag: '`--auth-choice minimax-portal`',
      };
    case 'key-source':
      return { ...keySource(facts, choice), step };
    case 'key-name':
      return {
        step,
        kind: 'text',
        message: 'The name of the variable that holds the key',
        placeholder: 'MY_API_KEY',
        flag: '`--api-key-env NAME`',
      };
    case 'key':
      return {
        step,
        kind: 'secret',
        message: 'Paste the key (it is not shown)',
        details: whereFrom(choice),
        flag: '`--api-key-stdin`',
      };
    case 'address':
      return {
        step,
        kind: 'text',
        message: `The address of the ${choice?.choiceLabel ?? ''} server`,
        ...(choice === undefined ? {} : { initial: facts.addressOf(choice) }),
        flag: '`--base-url http://127.0.0.1:1234/v1`',
      };
    case 'name':
      return {
        step,
        kind: 'select',
        message: `${replaced} is there already`,
        options: [
          { value: sameName, label: `${anew}, and replace it` },
          { value: otherName, label: `Add another ${isLogin ? 'login' : 'key'}`, hint: 'both stay' },
        ],
        flag: '`--profile-id`',
      };
    case 'new-name':
      return {
        step,
        kind: 'text',
        message: `A name for the other ${isLogin ? 'login' : 'key'}`,
        details: ['Letters, digits and . _ @ -'],
        placeholder: 'work',
        flag: '`--profile-id`',
      };
    case 'model':
      return { ...modelQuestion(facts), step };
    case 'fallback':
      return { ...fallbackQuestion(facts, given), step };
    case 'port':
      return {
        step,
        kind: 'text',
        message: 'The port of the gateway',
        initial: String(facts.port),
        flag: '`--port 18789`',
      };
    case 'save':
      return {
        step,
        kind: 'select',
        message: 'Save this?',
        options: [{ value: 'save', label: saveLabel(facts, given) }],
        flag: '`--non-interactive`',
      };
  }
}

function groups({ choices, existing }: WizardFacts): Option[] {
  const labels = new Map(
    choices.map(({ groupId, groupLabel, provider }) => [groupId ?? provider, groupLabel ?? provider]),
  );
  return [...labels].map(([value, label]) => {
    const own = existing.filter(({ groupId }) => groupId === value);
    return {
      value,
      label,
      ...(own.length === 0 ? {} : { hint: `there: ${own.map(({ id }) => id).join(', ')}` }),
    };
  });
}

/** What is there already comes first; ways that are chosen by their id alone are left out. */
export function wayOptions(facts: WizardFacts, given: readonly Given[]): Option[] {
  const group = valueOf(given, 'group');
  const isIn = (groupId: string): boolean => group === undefined || groupId === group;
  const kept =
    facts.scope === 'onboard'
      ? []
      : facts.existing
          .filter(({ groupId }) => isIn(groupId))
          .map(({ id, label }) => ({
            value: `${keepPrefix}${id}`,
            label: `Keep ${label}`,
          }));
  const ways = facts.choices
    .filter((choice) => isIn(choice.groupId ?? choice.provider) && isInMenus(choice))
    .map((choice) => ({
      value: choice.choiceId,
      label: choice.choiceLabel,
      ...(choice.choiceHint === undefined ? {} : { hint: choice.choiceHint }),
    }));
  return [...kept, ...ways];
}

function isInMenus(choice: SetupChoice): boolean {
  return choice.pluginId === undefined || choice.assistantVisibility !== 'manual-only';
}

function keySource(
  facts: WizardFacts,
  choice: SetupChoice | undefined,
): Omit<Question & { kind: 'select' }, 'step'> {
  const own = choice === undefined ? undefined : facts.ownVariable(choice.provider);
  return {
    kind: 'select',
    message: 'Where is the key?',
    options: [
      ...(own === undefined
        ? []
        : [
            {
              value: ownVariable,
              label: `In the environment: ${own}`,
              hint: 'stays there; nothing is copied',
            },
          ]),
      { value: typed, label: 'I paste it here', hint: 'kept sealed on this machine, never in openclaw.json' },
      {
        value: otherVariable,
        label: `In ${own === undefined ? 'an' : 'another'} environment variable`,
        hint: 'openclaw.json gets ${NAME}, never the key',
      },
    ],
    flag: '`--api-key-env NAME` or `--api-key-stdin`',
  };
}

function whereFrom(choice: SetupChoice | undefined): string[] {
  if (choice === undefined || choice.pluginId !== undefined) return [];
  return [`${choice.choiceLabel}. You find it at`, choice.whereFrom];
}

function modelQuestion(facts: WizardFacts): Omit<Question & { kind: 'select' }, 'step'> {
  const { currentModel, models } = facts;
  const kept =
    currentModel === undefined ? [] : [{ value: keep, label: `Keep ${currentModel}`, hint: 'as it is now' }];
  const others = models.filter(({ ref }) => ref !== currentModel);
  return {
    kind: 'select',
    message:
      models.length === 0
        ? 'Which model do you want as the default? No models are known here yet.'
        : 'Which model do you want as the default?',
    options: [
      ...kept,
      ...others.map(({ ref, hint }) => ({ value: ref, label: ref, ...(hint === undefined ? {} : { hint }) })),
      ...(kept.length + others.length === 0
        ? [{ value: keep, label: 'None for now', hint: 'later: openclaw models set' }]
        : []),
    ],
    flag: '`--model provider/model`',
  };
}

function fallbackQuestion(
  facts: WizardFacts,
  given: readonly Given[],
): Omit<Question & { kind: 'select' }, 'step'> {
  const chosen = fallbacksAfter(given) ?? [];
  const { currentFallbacks } = facts;
  const isFirst = chosen.length === 0;
  return {
    kind: 'select',
    message: isFirst
      ? 'Which model answers when the default one fails? (fallbacks)'
      : `Which model answers when ${chosen.at(-1)} fails, too?`,
    options: [
      ...(isFirst && currentFallbacks.length > 0
        ? [{ value: keep, label: `Keep ${currentFallbacks.join(', ')}`, hint: 'as it is now' }]
        : []),
      { value: enough, label: isFirst ? 'None: whoever asked is told of the failure' : 'No further one' },
      ...fallbackOptions(facts, given).map(({ ref, hint }) => ({
        value: ref,
        label: ref,
        ...(hint === undefined ? {} : { hint }),
      })),
    ],
    flag: '`--fallback provider/model` (several times) or `--no-fallbacks`',
  };
}

function saveLabel(facts: WizardFacts, given: readonly Given[]): string {
  const choice = choiceOf(facts, given);
  if (choice?.pluginId !== undefined) return 'Log in, then save';
  return 'Save';
}
