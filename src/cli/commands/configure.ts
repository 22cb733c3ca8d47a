// `configure`: the wizard over an existing or a new configuration. Nothing is changed before the last answer; then the
// login or the key is kept first, and the file is written when that has worked.
import type { App } from '../../app.ts';
import { editText } from '../../config/edit-text.ts';
import type { ConfigEdit } from '../../config/edit.ts';
import { checkConfigText, readTextFile, type LoadedConfig } from '../../config/load.ts';
import { valueAt } from '../../config/tree.ts';
import { cleanText } from '../../platform/text.ts';
import { ownVariable } from '../../providers/builtin-providers.ts';
import { createOutput, mayAsk, type CommandContext, type Output } from '../command-context.ts';
import { currentDefault } from '../default-model.ts';
import { proveConfigWritable, writeConfig } from '../login-config.ts';
import { readFlow, type LoginPlace } from '../login-session.ts';
import { readStorageOptions, releaseStore } from '../login-storage.ts';
import { openApp } from '../open-app.ts';
import { tellOpenClawTraces } from '../openclaw-traces.ts';
import { narrowOutput } from '../ui/narrow-output.ts';
import { printConfigWarnings } from '../ui/config-warnings.ts';
import { describeStorage } from '../ui/storage-text.ts';
import { saveSetup, type SavedSetup } from '../wizard/save-setup.ts';
import { describeChanges, modelEdits, portEdits, setupEdits } from '../wizard/setup-edits.ts';
import type { SetupOptions } from '../wizard/setup-flags.ts';
import { printSetup, setupToJson } from '../wizard/setup-report.ts';
import { walkThroughSetup, type SetupOutcome, type WizardStage } from '../wizard/setup-walk.ts';

export type ConfigureOptions = SetupOptions & { dryRun?: boolean };

export async function configure(
  context: CommandContext,
  options: ConfigureOptions,
  stage: WizardStage = {},
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const config = app.config();
    printConfigWarnings(output, config);
    tellOpenClawTraces(app, output);
    const place: LoginPlace = { storage: readStorageOptions(options), requirePersistence: true };
    readFlow(options);
    app.store(place.storage);
    if (mayAsk(context, options)) {
      output.note('Nothing is changed until you save at the end. Esc or Ctrl-C cancels.');
    }
    const outcome = await walkThroughSetup(app, context, output, options, 'configure', {
      ...stage,
      command: 'openclaw configure',
      beforeSaving: (planned, told) => showPlan(app, context, told, options, planned),
    });
    const edits = editsFor(config, outcome);
    const result = {
      section: outcome.section,
      changes: describeChanges(config, edits),
      configFile: app.paths.configFile,
      dryRun: options.dryRun === true,
    };
    if (options.dryRun === true) {
      output.line('Nothing was written (--dry-run).');
      output.result({ ...result, configChanged: false });
      return 0;
    }
    const { choice } = outcome;
    const saved =
      choice === undefined
        ? undefined
        : await saveSetup(app, context, output, options, place, { ...outcome, choice });
    const kept = choice?.pluginId === undefined ? 'key' : 'login';
    const configChanged = await writeConfig(app, edits, saved?.report === undefined ? undefined : kept);
    printEnd(context, output, app, saved, outcome, configChanged);
    output.result({
      ...(saved === undefined ? {} : setupToJson(saved)),
      ...result,
      configChanged,
      defaultModel: outcome.primary ?? currentDefault(config) ?? null,
    });
    return 0;
  } catch (error) {
    await releaseStore(app);
    throw error;
  } finally {
    app.close();
  }
}

function editsFor(
  config: LoadedConfig,
  { section, setup, primary, fallbacks, port }: SetupOutcome,
): ConfigEdit[] {
  if (section === 'gateway') return port === undefined ? [] : portEdits(config, port);
  return [...setupEdits(config, setup), ...modelEdits(config, primary, fallbacks)];
}

/** Rejects when the file would not take it, before anybody logs in. */
async function showPlan(
  app: App,
  context: CommandContext,
  output: Output,
  options: ConfigureOptions,
  outcome: SetupOutcome,
): Promise<void> {
  const config = app.config();
  const edits = editsFor(config, outcome);
  const { configFile } = app.paths;
  const text = editText(readTextFile(configFile) ?? '', edits, configFile);
  if (edits.length > 0) checkConfigText(text, configFile);
  if (options.dryRun !== true) await proveConfigWritable(app, edits);
  const changes = describeChanges(config, edits);
  const say = (line = ''): void => output.note(line);
  const { style } = output;
  // Where nobody is asked to agree, the end says it.
  if (changes.length > 0 || mayAsk(context, options) || options.dryRun === true) {
    say();
    say(changes.length === 0 ? `${configFile} stays as it is.` : `${configFile} will have:`);
  }
  for (const { path, from, to } of changes) {
    say(`  ${style.bold(path)}`);
    say(`    ${inWords(from)} → ${inWords(to)}`);
  }
  const kept = await describeKeeping(app, options, outcome);
  if (kept !== undefined) say(kept);
  const { choice, key } = outcome;
  if (choice?.pluginId === undefined && key !== undefined) noteOtherKeys(app, output, outcome);
  if (choice?.pluginId !== undefined && mayAsk(context, options)) {
    say('The login begins when you choose to save; if it fails, nothing is written.');
  }
}

function inWords(value: unknown): string {
  if (value === null) return 'not set';
  if (typeof value === 'string') return value;
  const isList = Array.isArray(value) && value.length > 0;
  return cleanText(isList ? value.map(inWords).join(', then ') : JSON.stringify(value));
}

/** Where the secret goes; undefined where there is none. */
async function describeKeeping(
  app: App,
  options: ConfigureOptions,
  { choice, key, profileId }: SetupOutcome,
): Promise<string | undefined> {
  if (choice === undefined) return undefined;
  if (choice.pluginId === undefined && key === undefined) return undefined;
  if (key?.variable !== undefined) return `The key stays in the variable ${key.variable}.`;
  const record = await app.store().readKeyRecord();
  const where =
    record === undefined
      ? `sealed in ${app.paths.authDir}${options.storage === undefined ? '' : ` (key: ${options.storage})`}`
      : `${describeStorage(record).text} (${app.paths.authDir})`;
  if (choice.pluginId !== undefined) return `The login: kept ${where}.`;
  const id = profileId ?? options.profileId ?? choice.profileId;
  const former = await app.store().readRecord(id);
  const instead = former === undefined ? '' : ' It takes the place of the one that has this name.';
  return `The key, as ${id}: kept ${where}.${instead}`;
}

/** Several keys of one provider take turns: whoever replaces one should know of the other. */
function noteOtherKeys(app: App, output: Output, { choice, key }: SetupOutcome): void {
  if (choice === undefined || key === undefined || key.variable !== undefined) return;
  const { provider } = choice;
  const { env, raw } = app.config();
  if (valueAt(raw, ['models', 'providers', provider, 'apiKey']) !== undefined) {
    output.note(
      `openclaw.json has a key for ${provider}, too, and both are used. To take it out: openclaw config unset models.providers.${provider}.apiKey`,
    );
  }
  const variable = ownVariable(provider, env);
  if (variable !== undefined) {
    output.note(`${variable} is set, too: a gateway that is started with it uses both keys.`);
  }
}

function printEnd(
  context: CommandContext,
  output: Output,
  app: App,
  saved: SavedSetup | undefined,
  outcome: SetupOutcome,
  configChanged: boolean,
): void {
  const { style } = output;
  if (saved !== undefined) printSetup(context, narrowOutput(context, output), saved);
  output.line(
    configChanged
      ? `${style.good('✓')} Saved: ${app.paths.configFile}`
      : `${app.paths.configFile} is as it was.`,
  );
  if (outcome.section === 'model' && (outcome.primary ?? currentDefault(app.config())) === undefined) {
    output.line(style.warn('  No default model is set yet: openclaw models set <ref>'));
  }
  if (outcome.section === 'gateway' && configChanged) {
    output.line('  A gateway that runs takes the new port with: openclaw gateway restart');
  } else if (configChanged || saved !== undefined) {
    const variable = saved?.key?.variable;
    const condition = variable === undefined ? '' : `, if it was started with ${variable} as well`;
    output.line(
      `  A gateway that runs follows by itself${condition}. See what it serves: openclaw models list`,
    );
  }
}
