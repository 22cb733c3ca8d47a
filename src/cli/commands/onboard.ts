// `onboard`: the first run. Choose, log in, keep, set the default model, say what to do next. What exists is kept; a
// failure leaves everything as it was.
import { buildCatalogue, type App } from '../../app.ts';
import type { ConfigEdit } from '../../config/edit.ts';
import { isOpenClawError } from '../../errors.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { localeOfEnv } from '../../language/locale.ts';
import { fillText } from '../../language/fill-text.ts';
import { textsOf, type Texts } from '../../language/texts.ts';
import type { AuthChoice } from '../../plugins/host.ts';
import { createOutput, type CommandContext, type Output } from '../command-context.ts';
import { currentDefault, decideDefaultModel, defaultModelEdit } from '../default-model.ts';
import {
  logInWithChoice,
  mayAsk,
  readStorageOptions,
  type LoginPlace,
  type LoginSession,
} from '../login-session.ts';
import { printReport, reportColumn, reportToJson } from '../login-report.ts';
import { checkTwoStep, completeTwoStep, startTwoStep, type TwoStepOptions } from '../two-step-login.ts';
import { withFreshStore } from '../fresh-store.ts';
import { openApp } from '../open-app.ts';
import { enableEdits, writeConfig } from '../login-config.ts';
import { createPrompter } from '../ui/prompter.ts';
import { printConfigWarnings } from '../ui/config-warnings.ts';

export type OnboardOptions = TwoStepOptions & { setDefault?: boolean; keepDefault?: boolean; model?: string };

export async function onboard(context: CommandContext, options: OnboardOptions): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const config = app.config();
    printConfigWarnings(output, config);
    const storage = readStorageOptions(options);
    // Contradicting flags end it before anybody approves anything.
    checkTwoStep(options);
    decideDefaultModel(defaultModelFacts(config, options, undefined), false);
    const place: LoginPlace = {
      storage,
      requirePersistence: true,
      check: (choice) => checkModel(app, context, output, options, choice),
    };
    if (options.start === true) {
      await startTwoStep(app, context, output, options, place);
      return 0;
    }
    if (options.complete === true) {
      const { defaultModel, ...session } = await completeTwoStep(app, context, output, options, place);
      // What the second command says outweighs what the first one said.
      const asked = { ...options, nonInteractive: true };
      await finish(
        app,
        context,
        output,
        isAboutModel(options) ? asked : { ...asked, ...defaultModel },
        session,
      );
      return 0;
    }
    const session = await logInWithChoice(app, context, output, options, place);
    await finish(app, context, output, options, session);
    return 0;
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
  choice: AuthChoice,
): Promise<void> {
  if (options.model === undefined) return;
  const catalogue = await withFreshStore(
    app.store(),
    context,
    output,
    { ...options, interactive: mayAsk(context, options) },
    () => buildCatalogue(app, app.pluginsWith(choice.pluginId), { asIfLoggedInTo: choice.provider }),
  );
  catalogue.find(options.model);
}

function isAboutModel(options: OnboardOptions): boolean {
  return options.model !== undefined || options.setDefault === true || options.keepDefault === true;
}

/** The login is saved: configuration, default model, and what to do next. */
async function finish(
  app: App,
  context: CommandContext,
  output: Output,
  options: OnboardOptions,
  session: LoginSession,
): Promise<void> {
  const config = app.config();
  const texts = textsOf(localeOfEnv(context.env));
  // Before any further question: from here on the login serves, whatever is answered.
  const enabled = await writeConfig(app, enableEdits(config, session));
  const model = await settleDefaultModel(app, context, output, options, session);
  const chosen = await writeConfig(app, modelEdits(config, model));
  const defaultModel = model ?? currentDefault(config);
  printReport(output, session, texts, context.clock.nowMs());
  printNext(output, app, texts, defaultModel, model !== undefined);
  output.result({
    ...reportToJson(session),
    defaultModel: defaultModel ?? null,
    configFile: app.paths.configFile,
    configChanged: enabled || chosen,
    next: ['openclaw gateway run', 'openclaw env claude-code'],
  });
}

async function settleDefaultModel(
  app: App,
  context: CommandContext,
  output: Output,
  options: OnboardOptions,
  session: LoginSession,
): Promise<string | undefined> {
  const interactive = mayAsk(context, options);
  const facts = defaultModelFacts(app.config(), options, session.report.defaultModel);
  const decision = decideDefaultModel(facts, interactive);
  if (decision.kind === 'keep') return undefined;
  const catalogue = await buildCatalogue(app, app.pluginsWith(session.choice.pluginId));
  if (decision.kind === 'set') return catalogue.find(decision.ref).ref;
  const texts = textsOf(localeOfEnv(context.env));
  const prompter = createPrompter(context, output, { interactive: true });
  const routes = catalogue.list().filter((route) => route.provider === session.choice.provider);
  const chosen = await orKeep(
    prompter.select({
      message: texts.questionModel,
      options: [
        ...routes.map((route) => ({
          value: route.ref,
          label: route.ref,
          ...(route.ref === decision.suggested ? { hint: texts.recommended } : {}),
        })),
        ...(facts.current === undefined
          ? []
          : [{ value: '', label: fillText(texts.keepModel, { model: facts.current }) }]),
      ],
      flag: '--model',
    }),
  );
  return chosen === '' ? undefined : chosen;
}

/** The login is saved: cancelling this question cancels nothing but the question. */
async function orKeep(question: Promise<string>): Promise<string> {
  try {
    return await question;
  } catch (error) {
    if (isOpenClawError(error) && error.code === 'INTERRUPTED') return '';
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

function printNext(
  output: Output,
  app: App,
  texts: Texts,
  defaultModel: string | undefined,
  changed: boolean,
): void {
  const { style } = output;
  const column = reportColumn(texts);
  if (defaultModel !== undefined) {
    output.line(
      `  ${column(texts.modelLabel)}${defaultModel}${changed ? '' : style.dim(` (${texts.unchanged})`)}`,
    );
  }
  output.line(`  ${column(texts.configLabel)}${app.paths.configFile}`);
  output.line();
  output.line(texts.nextTitle);
  output.line(`  ${style.accent('openclaw gateway run')}                 ${texts.nextServe}`);
  output.line(`  ${style.accent('eval "$(openclaw env claude-code)"')}   ${texts.nextEnv}`);
}
