// `onboard`: the first run. Choose, log in, keep, set the default model, say what to do next. What exists is kept; a
// failure leaves everything as it was.
import { buildCatalogue, type App } from '../../app.ts';
import type { ConfigEdit } from '../../config/edit.ts';
import { isOpenClawError } from '../../errors.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { createOutput, type CommandContext, type Output } from '../command-context.ts';
import { decideDefaultModel } from '../default-model.ts';
import {
  logInWithChoice,
  mayAsk,
  printReport,
  readStorageOptions,
  reportToJson,
  type LoginOptions,
  type LoginSession,
} from '../login-session.ts';
import { withFreshStore } from '../fresh-store.ts';
import { openApp } from '../open-app.ts';
import { enableEdits, writeConfig } from '../login-config.ts';
import { createPrompter } from '../ui/prompter.ts';
import { printConfigWarnings } from '../ui/config-warnings.ts';

export type OnboardOptions = LoginOptions & { setDefault?: boolean; keepDefault?: boolean; model?: string };

export async function onboard(context: CommandContext, options: OnboardOptions): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const config = app.config();
    printConfigWarnings(output, config);
    const storage = readStorageOptions(options);
    // Contradicting flags end it before anybody approves anything.
    decideDefaultModel(defaultModelFacts(config, options, undefined), false);
    const session = await logInWithChoice(app, context, output, options, {
      storage,
      requirePersistence: true,
      check: async (choice) => {
        if (options.model === undefined) return;
        const catalogue = await withFreshStore(
          app.store(storage),
          context,
          output,
          { ...options, interactive: mayAsk(context, options) },
          () => buildCatalogue(app, app.pluginsWith(choice.pluginId), { asIfLoggedInTo: choice.provider }),
        );
        catalogue.find(options.model);
      },
    });
    // Before any further question: from here on the login serves, whatever is answered.
    const enabled = await writeConfig(app, enableEdits(config, session));
    const model = await settleDefaultModel(app, context, output, options, session);
    const chosen = await writeConfig(app, modelEdits(config, model));
    const defaultModel = model ?? currentDefault(config);
    printReport(output, session, context.clock.nowMs());
    printNext(output, app, defaultModel, model !== undefined);
    output.result({
      ...reportToJson(session),
      defaultModel: defaultModel ?? null,
      configFile: app.paths.configFile,
      configChanged: enabled || chosen,
      next: ['openclaw gateway run', 'openclaw env claude-code'],
    });
    return 0;
  } finally {
    app.close();
  }
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
  const prompter = createPrompter(context, output, true);
  const routes = catalogue.list().filter((route) => route.provider === session.choice.provider);
  const chosen = await orKeep(
    prompter.select({
      message: 'Which model do you want as the default?',
      options: [
        ...routes.map((route) => ({
          value: route.ref,
          label: route.ref,
          ...(route.ref === decision.suggested ? { hint: 'recommended' } : {}),
        })),
        ...(facts.current === undefined ? [] : [{ value: '', label: `Keep ${facts.current}` }]),
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

export function currentDefault(config: LoadedConfig): string | undefined {
  const model = config.config.agents?.defaults?.model;
  return typeof model === 'string' ? model : model?.primary;
}

function modelEdits(config: LoadedConfig, model: string | undefined): ConfigEdit[] {
  return model === undefined || model === currentDefault(config) ? [] : [defaultModelEdit(config, model)];
}

/** A default that is written as a plain string stays one. */
export function defaultModelEdit(config: LoadedConfig, ref: string): ConfigEdit {
  const written = config.config.agents?.defaults?.model;
  const path = ['agents', 'defaults', 'model'];
  return { path: typeof written === 'string' ? path : [...path, 'primary'], value: ref };
}

function printNext(output: Output, app: App, defaultModel: string | undefined, changed: boolean): void {
  const { style } = output;
  if (defaultModel !== undefined)
    output.line(`  Model    ${defaultModel}${changed ? '' : style.dim(' (unchanged)')}`);
  output.line(`  Config   ${app.paths.configFile}`);
  output.line();
  output.line('Next:');
  output.line(`  ${style.accent('openclaw gateway run')}                 serve it on this machine`);
  output.line(`  ${style.accent('eval "$(openclaw env claude-code)"')}   point a tool at it`);
}
