// `onboard`: the first run. Choose, log in, keep, set the default model, say what to do next. What exists is kept; a
// failure leaves everything as it was.
import type { App, SetupChoice } from '../../app.ts';
import type { ConfigEdit } from '../../config/edit.ts';
import { isOpenClawError } from '../../errors.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { localeOfEnv } from '../../language/locale.ts';
import { fillText } from '../../language/fill-text.ts';
import { textsOf, type Texts } from '../../language/texts.ts';
import { createOutput, mayAsk, type CommandContext, type Output } from '../command-context.ts';
import { currentDefault, decideDefaultModel, defaultModelEdit } from '../default-model.ts';
import { readFlow, type LoginPlace } from '../login-session.ts';
import { readStorageOptions, releaseStore } from '../login-storage.ts';
import { orLeftOpen } from '../left-question.ts';
import { onboardAgain } from '../onboard-again.ts';
import { notOffered, offerGateway, type GatewayOffer, type GatewayOptions } from '../gateway-offer.ts';
import { reportColumn } from '../login-report.ts';
import { tellOpenClawTraces } from '../openclaw-traces.ts';
import { checkTwoStep, completeTwoStep, startTwoStep, type TwoStepOptions } from '../two-step-login.ts';
import { apiOfTool, tools, type Tool } from '../tool-settings.ts';
import { withFreshStore } from '../fresh-store.ts';
import { openApp } from '../open-app.ts';
import { proveConfigWritable, writeConfig } from '../login-config.ts';
import { createPrompter } from '../ui/prompter.ts';
import { createPassphrasePrompt, rememberPassphrase } from '../ui/passphrase-prompt.ts';
import { narrowOutput } from '../ui/narrow-output.ts';
import { foldText } from '../ui/text-width.ts';
import { printConfigWarnings } from '../ui/config-warnings.ts';
import { isServedBy } from '../../providers/model-route.ts';
import { catalogueWith, findModel, offeredModels, setModelCommand } from '../wizard/model-options.ts';
import { saveSetup, type SavedSetup } from '../wizard/save-setup.ts';
import { setupEdits, type Setup } from '../wizard/setup-edits.ts';
import type { SetupOptions } from '../wizard/setup-flags.ts';
import { printSetup, setupToJson } from '../wizard/setup-report.ts';
import { walkThroughSetup, type WizardStage } from '../wizard/setup-walk.ts';

export type OnboardOptions = TwoStepOptions &
  SetupOptions &
  GatewayOptions & { setDefault?: boolean; keepDefault?: boolean };

export async function onboard(
  context: CommandContext,
  given: OnboardOptions,
  stage: WizardStage = {},
): Promise<number> {
  const prompt = createPassphrasePrompt(context, given);
  const askPassphrase = prompt && rememberPassphrase(prompt);
  const options = { ...given, ...(askPassphrase && { askPassphrase }) };
  const output = createOutput(context, options);
  const app = openApp(context, options, { askPassphrase });
  try {
    const config = app.config();
    printConfigWarnings(output, config);
    tellOpenClawTraces(app, output);
    const storage = readStorageOptions(options);
    // Contradicting flags end it before anybody approves anything.
    checkTwoStep(options);
    readFlow(options);
    decideDefaultModel(defaultModelFacts(config, options, undefined), false);
    const place: LoginPlace = {
      storage,
      requirePersistence: true,
      check: (choice) => checkModel(app, context, output, options, choice),
      again: onboardAgain(given),
    };
    if (options.start === true) {
      await startTwoStep(app, context, output, options, place);
      return 0;
    }
    if (options.complete === true) {
      const former = await app.store(storage).listProfiles();
      const { defaultModel, choice, report } = await completeTwoStep(app, context, output, options, place);
      const replaced = former.some(({ id }) => id === report.record.id);
      // What the second command says outweighs what the first one said.
      const asked = { ...options, nonInteractive: true };
      return await finish(
        app,
        context,
        output,
        isAboutModel(options) ? asked : { ...asked, ...defaultModel },
        { choice, report, replaced, key: undefined, server: undefined },
        { kind: 'login', pluginId: choice.pluginId },
      );
    }
    app.store(storage);
    const chooseMessage = textsOf(localeOfEnv(context.env)).questionChoice;
    const walked = await walkThroughSetup(app, context, output, options, 'onboard', {
      ...stage,
      chooseMessage,
      command: 'openclaw onboard',
    });
    const { choice, setup, server } = walked;
    if (choice === undefined) return 0;
    if (choice.pluginId === undefined && options.model !== undefined) {
      await findModel(app, choice, server, options.model);
    }
    await proveConfigWritable(app, setupEdits(config, setup));
    const saved = await saveSetup(app, context, output, options, place, { ...walked, choice });
    return await finish(app, context, output, options, saved, setup);
  } catch (error) {
    await releaseStore(app);
    throw error;
  } finally {
    app.close();
  }
}

/** Throws MODEL_UNKNOWN for a `--model` that the new login would not serve. */
async function checkModel(
  app: App,
  context: CommandContext,
  output: Output,
  options: OnboardOptions,
  choice: SetupChoice,
): Promise<string | undefined> {
  const { model } = options;
  if (model === undefined) return undefined;
  const interactive = mayAsk(context, options);
  let aside: string | undefined;
  const fresh = { ...options, interactive, onAside: (folder: string) => (aside = folder) };
  await withFreshStore(app.store(), context, output, fresh, () => findModel(app, choice, undefined, model));
  return aside;
}

function isAboutModel(options: OnboardOptions): boolean {
  return options.model !== undefined || options.setDefault === true || options.keepDefault === true;
}

/** The login is saved: configuration, default model, gateway, and what to do next. */
async function finish(
  app: App,
  context: CommandContext,
  output: Output,
  options: OnboardOptions,
  saved: SavedSetup,
  setup: Setup,
): Promise<number> {
  const config = app.config();
  const texts = textsOf(localeOfEnv(context.env));
  const kept = saved.choice.pluginId === undefined ? 'key' : 'login';
  const what = saved.report === undefined ? undefined : kept;
  // Before any further question: from here on the login serves, whatever is answered.
  const enabled = await writeConfig(app, setupEdits(config, setup), what);
  const { model, offered, isCancelled } = await settleDefaultModel(app, context, output, options, saved);
  const chosen = await writeConfig(app, modelEdits(config, model), what);
  const defaultModel = model ?? currentDefault(config);
  const facts = narrowOutput(context, output);
  printSetup(context, facts, saved);
  const canSet = defaultModel === undefined && offered !== undefined;
  const setModel = canSet ? setModelCommand(offered) : undefined;
  printKept(facts, app, texts, { defaultModel, isChanged: model !== undefined, setModel });
  const gateway = isCancelled
    ? notOffered
    : await offerGateway(app, context, output, options, saved.key?.variable);
  const exitCode = isCancelled ? 130 : gateway.exitCode;
  if (exitCode === 130) {
    const open =
      isCancelled && defaultModel === undefined ? 'no default model is set' : 'the rest was left out';
    facts.line();
    facts.line(`Stopped here: the ${what ?? 'provider'} is saved, and ${open}.`);
  }
  printNext(context, output, texts, gateway, await toolsFor(app, saved.choice, defaultModel), setModel);
  output.result({
    ...setupToJson(saved),
    defaultModel: defaultModel ?? null,
    configFile: app.paths.configFile,
    configChanged: enabled || chosen,
    gateway: gateway.result,
    next: [
      ...(setModel === undefined ? [] : [setModel]),
      ...(gateway.isRunning ? [] : ['openclaw gateway run']),
      'openclaw env claude-code',
    ],
  });
  return exitCode;
}

type SettledModel = {
  /** undefined: as it is. */
  readonly model: string | undefined;
  /** What could be set. */
  readonly offered: string | undefined;
  /** The person wants to stop here. */
  readonly isCancelled: boolean;
};

async function settleDefaultModel(
  app: App,
  context: CommandContext,
  output: Output,
  options: OnboardOptions,
  { choice, report, server }: SavedSetup,
): Promise<SettledModel> {
  const interactive = mayAsk(context, options);
  const { own, offered } = await offeredModels(app, { choice, report, server });
  const facts = defaultModelFacts(app.config(), options, offered);
  const decision = decideDefaultModel(facts, interactive);
  const settled = { model: undefined, offered, isCancelled: false };
  if (decision.kind === 'keep') return settled;
  if (decision.kind === 'set')
    return { ...settled, model: await findModel(app, choice, server, decision.ref) };
  const texts = textsOf(localeOfEnv(context.env));
  const question = createPrompter(context, output, { interactive: true }).select({
    message: texts.questionModel,
    options: [
      ...own.map(({ ref }) => ({
        value: ref,
        label: ref,
        ...(ref === decision.suggested ? { hint: texts.recommended } : {}),
      })),
      ...(facts.current === undefined
        ? []
        : [{ value: '', label: fillText(texts.keepModel, { model: facts.current }) }]),
    ],
    flag: '--model',
  });
  try {
    const chosen = await orLeftOpen(question, '', context.signal);
    return { ...settled, model: chosen === '' ? undefined : chosen };
  } catch (error) {
    if (isOpenClawError(error) && error.code === 'INTERRUPTED') return { ...settled, isCancelled: true };
    throw error;
  }
}

function defaultModelFacts(config: LoadedConfig, options: OnboardOptions, offered: string | undefined) {
  return {
    current: currentDefault(config),
    offered,
    wanted: options.model,
    setDefault: options.setDefault === true,
    keepDefault: options.keepDefault === true,
  };
}

function modelEdits(config: LoadedConfig, model: string | undefined): ConfigEdit[] {
  return model === undefined || model === currentDefault(config) ? [] : [defaultModelEdit(config, model)];
}

function printKept(
  output: Output,
  app: App,
  texts: Texts,
  {
    defaultModel,
    isChanged,
    setModel,
  }: { defaultModel: string | undefined; isChanged: boolean; setModel: string | undefined },
): void {
  const { style } = output;
  const column = reportColumn(texts);
  if (defaultModel === undefined) {
    output.line(
      `  ${column(texts.modelLabel)}${style.warn('none yet')}${setModel === undefined ? ': openclaw models set <ref>' : ''}`,
    );
  } else {
    output.line(
      `  ${column(texts.modelLabel)}${defaultModel}${isChanged ? '' : style.dim(` (${texts.unchanged})`)}`,
    );
  }
  output.line(`  ${column(texts.configLabel)}${app.paths.configFile}`);
}

/** Those that can ask the default model: each speaks one API. */
async function toolsFor(app: App, choice: SetupChoice, model: string | undefined): Promise<readonly Tool[]> {
  const entries = (await catalogueWith(app, choice)).entries();
  const route = entries.find(({ ref, aliases }) => ref === model || aliases.includes(model ?? ''))?.route;
  return tools.filter((tool) => {
    const api = apiOfTool[tool];
    return route === undefined || api === undefined || isServedBy(route, api);
  });
}

const toolNames: Readonly<Record<Tool, string>> = {
  'claude-code': 'Claude Code',
  codex: 'Codex',
  anthropic: "Anthropic's SDKs and their like",
  openai: "OpenAI's SDKs and their like",
};

/** Columns beside a command, for what it does. */
const fewestBeside = 24;
const besideMargin = 4;

function printNext(
  { terminal }: CommandContext,
  output: Output,
  texts: Texts,
  gateway: GatewayOffer,
  shown: readonly Tool[],
  setModel: string | undefined,
): void {
  const { style } = output;
  const width = 40;
  const columns = terminal.outIsTty ? terminal.columns() : Number.POSITIVE_INFINITY;
  const command = (text: string, does: string): void => {
    const gap = ' '.repeat(Math.max(1, width - text.length));
    const indent = 2 + text.length + gap.length;
    const isBeside = columns - indent >= fewestBeside;
    const [first = '', ...rest] = foldText(does, columns - (isBeside ? indent : besideMargin));
    // A command stays whole, so that it can be copied; in a narrow window what it does goes below it.
    if (isBeside) output.line(`  ${style.accent(text)}${gap}${first}`);
    else output.line(`  ${style.accent(text)}\n${' '.repeat(besideMargin)}${first}`);
    for (const line of rest) output.line(' '.repeat(isBeside ? indent : besideMargin) + line);
  };
  output.line();
  output.line(texts.nextTitle);
  if (setModel !== undefined) command(setModel, 'the default model');
  if (!gateway.isRunning) {
    command('openclaw gateway run', texts.nextServe);
    command('openclaw gateway start', `${texts.nextServe} (in the background)`);
  }
  for (const [index, tool] of shown.entries()) {
    const before = index === 0 ? `${texts.nextEnv}: ` : '';
    command(`eval "$(openclaw env ${tool})"`, `${before}${toolNames[tool]}`);
  }
}
