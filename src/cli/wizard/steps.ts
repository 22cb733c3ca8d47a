// The wizard as a machine without effects: which question comes after what has been answered so far, what going back
// undoes, and what no answer may be. Wording is questions.ts's; asking, the network and files are for those who run it.
import type { SetupChoice } from '../../app.ts';

export type StepId =
  | 'section'
  | 'group'
  | 'way'
  | 'key-source'
  | 'key-name'
  | 'key'
  | 'address'
  | 'name'
  | 'new-name'
  | 'model'
  | 'fallback'
  | 'port'
  | 'save';

/**
 * `by`: a person who was asked, a flag, or `itself` where there was nothing to choose. The value of `key` is never the key
 * itself.
 */
export type Given = {
  readonly step: StepId;
  readonly value: string;
  readonly by: 'person' | 'flag' | 'itself';
};

export type WizardFacts = {
  /** `configure` asks for everything; `onboard` for the way alone, with all ways in one list. */
  readonly scope: 'configure' | 'onboard';
  readonly choices: readonly SetupChoice[];
  /** What can be kept: logins, and keys of the configuration or the environment. */
  readonly existing: readonly ExistingLogin[];
  /** The login that works now and that this choice would replace, where no name was given. */
  readonly replaces: (choice: SetupChoice) => string | undefined;
  /** Of a provider: the variable of its own that is set, if one is. */
  readonly ownVariable: (provider: string) => string | undefined;
  readonly currentModel: string | undefined;
  readonly currentFallbacks: readonly string[];
  readonly port: number;
  /** That would be asked for anew. */
  readonly addressOf: (choice: SetupChoice) => string;
  /** Those that could be chosen with the way that was taken, the best first; known when the model is asked for. */
  readonly models: readonly ModelOption[];
};

export type ExistingLogin = {
  /** Profile id, or `<provider>:key`. */
  readonly id: string;
  readonly groupId: string;
  readonly provider: string;
  readonly label: string;
};

export type ModelOption = { readonly ref: string; readonly hint?: string };

/** Answers that stand for something else than themselves. */
export const keepPrefix = 'keep:';
export const typed = 'typed';
export const ownVariable = 'own-variable';
export const otherVariable = 'other-variable';
/** Of a name: that of the login that is there, which is replaced; or another one. */
export const sameName = 'same-name';
export const otherName = 'other-name';
/** Of a model or fallback: leave what is there. */
export const keep = 'keep';
/** Of a fallback: no further one. */
export const enough = 'enough';

export function valueOf(given: readonly Given[], step: StepId): string | undefined {
  return given.find((each) => each.step === step)?.value;
}

/** undefined where nothing new is set up: a login is kept, or another section was chosen. */
export function choiceOf(facts: WizardFacts, given: readonly Given[]): SetupChoice | undefined {
  const way = valueOf(given, 'way');
  return facts.choices.find(({ choiceId }) => choiceId === way);
}

/** undefined when everything is answered. */
export function nextStep(facts: WizardFacts, given: readonly Given[]): StepId | undefined {
  const has = (step: StepId): boolean => given.some((each) => each.step === step);
  const order = facts.scope === 'onboard' ? waySteps(facts, given) : allSteps(facts, given);
  return order.find((step) => (step === 'fallback' ? !areFallbacksDone(facts, given) : !has(step)));
}

function allSteps(facts: WizardFacts, given: readonly Given[]): StepId[] {
  const section = valueOf(given, 'section');
  if (section === undefined) return ['section'];
  if (section === 'gateway') return ['section', 'port', 'save'];
  return ['section', 'group', ...waySteps(facts, given), 'model', 'fallback', 'save'];
}

function waySteps(facts: WizardFacts, given: readonly Given[]): StepId[] {
  const choice = choiceOf(facts, given);
  if (choice === undefined) return ['way'];
  if (choice.pluginId !== undefined) return ['way', ...nameSteps(facts, given, choice)];
  if (choice.method === 'local-server') return ['way', 'address'];
  const source = valueOf(given, 'key-source');
  if (source === otherVariable) return ['way', 'key-source', 'key-name'];
  if (source === ownVariable) return ['way', 'key-source'];
  const naming = source === undefined ? [] : nameSteps(facts, given, choice);
  return ['way', 'key-source', ...naming, 'key'];
}

function nameSteps(facts: WizardFacts, given: readonly Given[], choice: SetupChoice): StepId[] {
  if (facts.replaces(choice) === undefined) return [];
  return valueOf(given, 'name') === otherName ? ['name', 'new-name'] : ['name'];
}

function areFallbacksDone(facts: WizardFacts, given: readonly Given[]): boolean {
  const isLast = ({ step, value }: Given): boolean =>
    step === 'fallback' && (value === keep || value === enough);
  if (given.some(isLast)) return true;
  return fallbackOptions(facts, given).length === 0;
}

/** The default model that these answers lead to. */
export function modelAfter(facts: WizardFacts, given: readonly Given[]): string | undefined {
  const model = valueOf(given, 'model');
  return model === undefined || model === keep ? facts.currentModel : model;
}

/** In their order; undefined when they stay as they are. */
export function fallbacksAfter(given: readonly Given[]): string[] | undefined {
  const answers = given.filter(({ step }) => step === 'fallback').map(({ value }) => value);
  return answers.includes(keep) || answers.length === 0
    ? undefined
    : answers.filter((value) => value !== enough);
}

/** What may follow in the chain. */
export function fallbackOptions(facts: WizardFacts, given: readonly Given[]): readonly ModelOption[] {
  const taken = new Set([modelAfter(facts, given), ...(fallbacksAfter(given) ?? [])]);
  return facts.models.filter(({ ref }) => !taken.has(ref));
}

/**
 * Without the last answer that a question has got, and all that came after it. undefined where there is no question to go
 * back to.
 */
export function goBack(given: readonly Given[]): Given[] | undefined {
  const last = given.findLastIndex(({ by }) => by === 'person');
  return last < 0 ? undefined : given.slice(0, last);
}

/** A sentence; undefined for an answer that is taken. */
export function faultOf(step: StepId, value: string): string | undefined {
  if (step === 'key-name') return variableFault(value);
  if (step === 'address') return addressFault(value);
  if (step === 'port') return portFault(value);
  return undefined;
}

/** Only such names are replaced in the configuration. */
function variableFault(name: string): string | undefined {
  if (/^[A-Z_][A-Z0-9_]{0,127}$/.test(name)) return undefined;
  return 'The name of a variable has capital letters, digits and underscores only, such as MY_API_KEY.';
}

function addressFault(text: string): string | undefined {
  const url = URL.parse(completeAddress(text));
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return 'That is not an address. It looks like http://127.0.0.1:1234/v1.';
  }
  if (url.username !== '' || url.password !== '')
    return 'An address with a password in it would lie in plain text in openclaw.json: leave it out.';
  return url.search === '' && url.hash === '' ? undefined : 'Leave out what comes after ? or #.';
}

/** People leave out the scheme, and the path that an OpenAI server always has. */
export function completeAddress(text: string): string {
  const trimmed = text.trim();
  const withScheme = /^[a-z]+:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
  const url = URL.parse(withScheme);
  if (url === null) return withScheme;
  return url.pathname === '/' && url.search === '' && url.hash === ''
    ? `${url.href.replace(/\/$/, '')}/v1`
    : withScheme.replace(/\/+$/, '');
}

function portFault(text: string): string | undefined {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535
    ? undefined
    : 'A port is a number from 1 to 65535.';
}
