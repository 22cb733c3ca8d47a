// `auth login`: a new login, or a new key, under its own name. The configuration gets what it needs to be used, no more.
import { authChoices, type App, type SetupChoice } from '../../app.ts';
import type { CredentialStore, ProfileRecord } from '../../store/credential-store.ts';
import { OpenClawError } from '../../errors.ts';
import { cleanText } from '../../platform/text.ts';
import { createOutput, mayAsk, type CommandContext } from '../command-context.ts';
import { localeOfEnv } from '../../language/locale.ts';
import { textsOf } from '../../language/texts.ts';
import { readFlow } from '../login-session.ts';
import { readStorageOptions, releaseStore } from '../login-storage.ts';
import { proveConfigWritable, writeConfig } from '../login-config.ts';
import { isBeyondOpening } from '../fresh-store.ts';
import { whichLogin } from '../login-target.ts';
import { openApp } from '../open-app.ts';
import { currentDefault } from '../default-model.ts';
import { narrowOutput } from '../ui/narrow-output.ts';
import { printConfigWarnings } from '../ui/config-warnings.ts';
import { createQuestionPrompt } from '../wizard/question-prompt.ts';
import { offeredModels, setModelCommand } from '../wizard/model-options.ts';
import { saveSetup } from '../wizard/save-setup.ts';
import { setupEdits } from '../wizard/setup-edits.ts';
import type { SetupOptions } from '../wizard/setup-flags.ts';
import { printSetup, setupToJson } from '../wizard/setup-report.ts';
import { walkThroughSetup, type WizardStage } from '../wizard/setup-walk.ts';

export async function authLogin(
  context: CommandContext,
  options: SetupOptions,
  stage: WizardStage = {},
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const config = app.config();
    printConfigWarnings(output, config);
    readFlow(options);
    const store = app.store(readStorageOptions(options));
    const withFormer = await repeatFormer(app, context, store, options, stage);
    const { choice, setup, ...walked } = await walkThroughSetup(app, context, output, withFormer, 'onboard', {
      ...stage,
      command: 'openclaw auth login',
      chooseMessage: textsOf(localeOfEnv(context.env)).questionChoice,
    });
    if (choice === undefined) return 0;
    const place = { storage: readStorageOptions(options), requirePersistence: true };
    await proveConfigWritable(app, setupEdits(config, setup));
    const saved = await saveSetup(app, context, output, withFormer, place, { ...walked, setup, choice });
    const kept = choice.pluginId === undefined ? 'key' : 'login';
    await writeConfig(app, setupEdits(config, setup), saved.report === undefined ? undefined : kept);
    printSetup(context, narrowOutput(context, output), saved);
    const defaultModel = currentDefault(app.config());
    const { offered } = defaultModel === undefined ? await offeredModels(app, saved) : {};
    const next = offered === undefined ? [] : [setModelCommand(offered)];
    if (defaultModel === undefined) {
      narrowOutput(context, output).line(output.style.warn('  No default model is set yet. To set one:'));
      output.line(`  ${output.style.accent(next[0] ?? 'openclaw models set <ref>')}`);
    }
    output.result({ ...setupToJson(saved), defaultModel: defaultModel ?? null, next });
    return 0;
  } catch (error) {
    await releaseStore(app);
    throw error;
  } finally {
    app.close();
  }
}

/** A login that exists, named or chosen: the same way and the same region, unless a flag says otherwise. */
async function repeatFormer(
  app: App,
  context: CommandContext,
  store: CredentialStore,
  options: SetupOptions,
  stage: WizardStage,
): Promise<SetupOptions> {
  const mayBegin = options.setAsideStore === true || mayAsk(context, options);
  const records = await store.listProfiles().catch((error: unknown) => {
    // There is none to repeat. The store is set aside when the new login begins, not before.
    if (mayBegin && isBeyondOpening(error)) return [];
    throw error;
  });
  const { profileId, authChoice, region } = options;
  const isOpen = profileId === undefined && authChoice === undefined && region === undefined;
  const wanted = isOpen ? await pickFormer(context, options, records, stage) : profileId;
  const former = records.find(({ id }) => id === wanted);
  if (former === undefined) return options;
  const choice = choiceFor(app, former);
  return {
    ...options,
    profileId: former.id,
    ...(options.authChoice === undefined && choice !== undefined ? { authChoice: choice.choiceId } : {}),
    ...(options.region === undefined && former.region !== undefined ? { region: former.region } : {}),
  };
}

/** undefined: another login. Throws INPUT_REQUIRED where there are several, and nobody can be asked. */
async function pickFormer(
  context: CommandContext,
  options: SetupOptions,
  records: readonly ProfileRecord[],
  stage: WizardStage,
): Promise<string | undefined> {
  const [only, second] = records;
  if (second === undefined) return only?.id;
  if (isAboutKey(options)) return undefined;
  if (stage.ask === undefined && !mayAsk(context, options)) {
    const ids = records.map(({ id }) => cleanText(id, 120));
    throw new OpenClawError({
      code: 'INPUT_REQUIRED',
      message: `There are several logins: ${ids.join(', ')}.`,
      remedy: `Name the one to renew, or a new one: \`openclaw auth login --profile-id ${ids[0]}\`.`,
    });
  }
  const ask = stage.ask ?? createQuestionPrompt(context);
  const more = [{ value: '', label: 'Another login' }];
  const reply = await ask(whichLogin('Which login do you want to renew?', records, more), false);
  return reply.kind === 'value' && reply.value !== '' ? reply.value : undefined;
}

function isAboutKey({ apiKeyEnv, apiKeyStdin, baseUrl }: SetupOptions): boolean {
  return apiKeyEnv !== undefined || apiKeyStdin === true || baseUrl !== undefined;
}

/** A key of another site is another choice; a login takes its region from a flag. */
function choiceFor(app: App, { provider, region }: ProfileRecord): SetupChoice | undefined {
  const own = authChoices(app).filter((choice) => choice.provider === provider);
  return own.find((choice) => choice.pluginId === undefined && choice.region === region) ?? own[0];
}
