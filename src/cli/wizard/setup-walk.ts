// The wizard at work: what is known of this machine goes into its questions, what flags say answers them, and what comes
// out is what is to be set up. Reads configuration, store and servers; writes nothing.
import { authChoices, findChoice, type App, type SetupChoice } from '../../app.ts';
import { baseUrlOf } from '../../providers/address.ts';
import { ownVariable as variableOf } from '../../providers/builtin-providers.ts';
import { mayAsk, type CommandContext, type Output } from '../command-context.ts';
import { currentDefault, currentFallbacks } from '../default-model.ts';
import { defaultPort } from '../gateway-address.ts';
import { isWorking, usualName, waysTo } from '../login-target.ts';
import { checkProfileId } from '../login-session.ts';
import { readStandardInput } from '../standard-input.ts';
import { alongTheBar } from './along-the-bar.ts';
import { existingLogins } from './existing-logins.ts';
import { listRecords } from './known-logins.ts';
import { createKeyDesk, type TakenKey, type TakenServer } from './key-desk.ts';
import { findModel, modelOptions } from './model-options.ts';
import { createQuestionPrompt, type Ask } from './question-prompt.ts';
import { wayOptions } from './questions.ts';
import type { Setup } from './setup-edits.ts';
import {
  checkKeyName,
  checkSetupFlags,
  moreThanKey,
  nothingPiped,
  pipeWanted,
  nameTaken,
  nothingToKeep,
  refuseTwice,
  unknownSection,
  type SetupOptions,
} from './setup-flags.ts';
import {
  choiceOf,
  enough,
  fallbacksAfter,
  keep,
  keepPrefix,
  modelAfter,
  otherVariable,
  ownVariable,
  sameName,
  typed,
  valueOf,
  type Given,
  type StepId,
  type WizardFacts,
} from './steps.ts';
import { runWizard } from './wizard-run.ts';

/** How questions are asked in a test. */
export type WizardStage = { ask?: Ask; readInput?: () => Promise<string> };

export type SetupOutcome = {
  readonly section: 'model' | 'gateway';
  /** undefined: what is there is kept. */
  readonly choice: SetupChoice | undefined;
  readonly setup: Setup;
  readonly key: TakenKey | undefined;
  readonly server: TakenServer | undefined;
  /** undefined: as it is. */
  readonly primary: string | undefined;
  readonly fallbacks: readonly string[] | undefined;
  readonly port: number | undefined;
  /** What a person has called it; undefined: as flags say, or by its usual name. */
  readonly profileId: string | undefined;
};

/** `beforeSaving` shows what would be saved, to be agreed to. Errors as of `runWizard`. */
export async function walkThroughSetup(
  app: App,
  context: CommandContext,
  output: Output,
  options: SetupOptions,
  scope: WizardFacts['scope'],
  stage: WizardStage & {
    chooseMessage?: string;
    /** `openclaw onboard`, for remedies. */
    command: string;
    beforeSaving?: (outcome: SetupOutcome, told: Output) => Promise<void>;
  },
): Promise<SetupOutcome> {
  const isAsking = stage.ask !== undefined || mayAsk(context, options);
  const told = isAsking && !output.json ? alongTheBar(context, output) : output;
  const desk = createKeyDesk(app, context, told);
  const config = app.config();
  const ways = options.authChoice === undefined ? waysTo(authChoices(app), options) : undefined;
  const asked = options.authChoice === undefined ? undefined : findChoice(app, options.authChoice);
  const settled = asked ?? (options.keepLogin === true ? undefined : ways?.only);
  checkSetupFlags(app, options, settled);
  checkKeyName(options, stage.command);
  const prompt = stage.ask ?? createQuestionPrompt(context);
  const ask: Ask = (question, canGoBack) =>
    prompt(
      question.step === 'way' && stage.chooseMessage !== undefined
        ? { ...question, message: stage.chooseMessage }
        : question,
      canGoBack,
    );
  let key: TakenKey | undefined;
  let server: TakenServer | undefined;

  const readInput = stage.readInput ?? (() => readKey(process.stdin, context.signal));
  const existing = scope === 'configure' ? await existingLogins(app) : [];
  if (options.keepLogin === true && existing.length === 0) throw nothingToKeep();
  const records = await listRecords(app);
  const replaces = (choice: SetupChoice): string | undefined => {
    const usual = usualName(choice, options.region);
    const former = options.profileId === undefined ? records.find(({ id }) => id === usual) : undefined;
    return former !== undefined && isWorking(former, context.clock.nowMs()) ? former.id : undefined;
  };
  const start: WizardFacts = {
    scope,
    choices: ways?.choices ?? authChoices(app),
    existing,
    replaces,
    ownVariable: (provider) => variableOf(provider, config.env),
    currentModel: currentDefault(config),
    currentFallbacks: currentFallbacks(config),
    port: config.config.gateway?.port ?? defaultPort,
    addressOf: (choice) => baseUrlOf(choice.provider, 'openai-responses', config) ?? '',
    models: [],
  };

  const flag = (step: StepId, index: number): string | Promise<string> | undefined =>
    step === 'key' && options.apiKeyStdin === true ? readInput() : flagOf(step, index);
  const flagOf = (step: StepId, index: number): string | undefined => {
    const kept = options.keepLogin === true ? existing[0] : undefined;
    switch (step) {
      case 'section':
        return options.section;
      case 'group':
        return settled?.groupId ?? settled?.provider ?? kept?.groupId;
      case 'way':
        return settled?.choiceId ?? (kept === undefined ? undefined : `${keepPrefix}${kept.id}`);
      case 'key-source':
        if (options.apiKeyEnv !== undefined) return otherVariable;
        return options.apiKeyStdin === true ? typed : undefined;
      case 'key-name':
        return options.apiKeyEnv;
      case 'address':
        return options.baseUrl;
      case 'model':
        return scope === 'configure' ? options.model : undefined;
      case 'fallback':
        if (options.fallbacks === false) return enough;
        return options.fallback === undefined ? undefined : (options.fallback[index] ?? enough);
      case 'port':
        return options.port;
      case 'key':
      case 'name':
      case 'new-name':
      case 'save':
        return undefined;
    }
  };

  /** Where there is one way only, and where nobody can be asked. */
  const unasked = (step: StepId, facts: WizardFacts, given: readonly Given[]): string | undefined => {
    if (step === 'way' && scope === 'configure') {
      const ways = wayOptions(facts, given);
      if (ways.length === 1) return ways[0]?.value;
    }
    if (isAsking) return undefined;
    const choice = choiceOf(facts, given);
    switch (step) {
      case 'section':
        return options.port === undefined ? 'model' : 'gateway';
      case 'key-source':
        return choice !== undefined && facts.ownVariable(choice.provider) !== undefined
          ? ownVariable
          : undefined;
      case 'address':
        return choice === undefined ? undefined : facts.addressOf(choice);
      case 'model':
        // A server that has no model yet is set up all the same.
        return facts.currentModel === undefined && choice !== undefined
          ? (facts.models[0]?.ref ?? keep)
          : keep;
      case 'fallback':
        return facts.currentFallbacks.length === 0 ? enough : keep;
      case 'name':
        return sameName;
      case 'save':
        return 'save';
      case 'group':
      case 'way':
      case 'key-name':
      case 'key':
      case 'new-name':
      case 'port':
        return undefined;
    }
  };

  const outcomeOf = (facts: WizardFacts, given: readonly Given[]): SetupOutcome => {
    const choice = choiceOf(facts, given);
    const model = valueOf(given, 'model');
    const port = valueOf(given, 'port');
    return {
      section: valueOf(given, 'section') === 'gateway' ? 'gateway' : 'model',
      choice,
      setup: setupOf(choice, key, server, options),
      key,
      server,
      primary: model === keep ? undefined : model,
      fallbacks: fallbacksAfter(given),
      port: port === undefined ? undefined : Number(port),
      profileId: valueOf(given, 'new-name'),
    };
  };

  const prove = async (step: StepId, given: readonly Given[], value: string): Promise<string> => {
    const choice = choiceOf(start, given);
    const builtin = choice?.pluginId === undefined ? choice : undefined;
    const trimmed = value.trim();
    if (step === 'section' && value !== 'model' && value !== 'gateway') throw unknownSection(value);
    if (step === 'way') {
      const chosen = start.choices.find(({ choiceId }) => choiceId === value);
      if (chosen !== undefined) checkSetupFlags(app, options, chosen);
    }
    if (step === 'new-name' && choice !== undefined) {
      const id = trimmed.includes(':') ? trimmed : `${choice.provider}:${trimmed}`;
      checkProfileId(id, choice);
      if (records.some((record) => record.id === id)) throw nameTaken(id);
      return id;
    }
    if (builtin !== undefined) {
      if (step === 'key') {
        if (value.trim() === '' && options.apiKeyStdin === true) throw nothingPiped();
        key = await desk.takeText(builtin, value);
        return 'given';
      }
      if (step === 'key-name') key = await desk.takeVariable(builtin, trimmed);
      if (step === 'key-source' && value === ownVariable) {
        key = await desk.takeVariable(builtin, start.ownVariable(builtin.provider) ?? '');
      }
      if (step === 'address') server = await desk.takeServer(builtin, trimmed, options.apiKeyEnv);
    }
    if ((step === 'model' && value !== keep) || (step === 'fallback' && value !== keep && value !== enough)) {
      const ref = await findModel(app, choice, server, trimmed);
      if (step === 'fallback') refuseTwice(ref, modelAfter(start, given), fallbacksAfter(given) ?? []);
      return ref;
    }
    return step === 'key-name' || step === 'address' || step === 'port' ? trimmed : value;
  };

  const { facts, given } = await runWizard(start, {
    ask: isAsking ? ask : undefined,
    flag,
    unasked,
    async learn(step, given, facts) {
      if (step === 'save') await stage.beforeSaving?.(outcomeOf(facts, given), told);
      if (step === 'way') {
        key = undefined;
        server = undefined;
      }
      return step === 'model'
        ? { ...facts, models: await modelOptions(app, choiceOf(facts, given), server) }
        : facts;
    },
    prove,
    tell: (text) => told.note(text),
    command: stage.command,
  });
  return outcomeOf(facts, given);
}

/** From standard input, so that it stands in no argument and in no history. At a terminal it would be seen. */
async function readKey(stdin: NodeJS.ReadStream, signal: AbortSignal): Promise<string> {
  if (stdin.isTTY) throw pipeWanted();
  return readStandardInput(stdin, signal, {
    limitBytes: 64 * 1024,
    tooLong: moreThanKey,
  });
}

function setupOf(
  choice: SetupChoice | undefined,
  key: TakenKey | undefined,
  server: TakenServer | undefined,
  options: SetupOptions,
): Setup {
  if (choice === undefined) return { kind: 'nothing' };
  if (choice.pluginId !== undefined) return { kind: 'login', pluginId: choice.pluginId };
  if (server !== undefined)
    return { kind: 'server', choice, baseUrl: server.baseUrl, variable: options.apiKeyEnv };
  if (key?.variable !== undefined) return { kind: 'variable', choice, name: key.variable };
  return { kind: 'sealed-key' };
}
