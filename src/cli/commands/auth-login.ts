// `auth login`: a new login, or a new key, under its own name. The configuration gets what it needs to be used, no more.
import { authChoices, type App, type SetupChoice } from '../../app.ts';
import type { CredentialStore, ProfileRecord } from '../../store/credential-store.ts';
import { createOutput, type CommandContext } from '../command-context.ts';
import { localeOfEnv } from '../../language/locale.ts';
import { textsOf } from '../../language/texts.ts';
import { mayAsk, readFlow, readStorageOptions, type LoginOptions } from '../login-session.ts';
import { proveConfigWritable, writeConfig } from '../login-config.ts';
import { withFreshStore } from '../fresh-store.ts';
import { openApp } from '../open-app.ts';
import { printConfigWarnings } from '../ui/config-warnings.ts';
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
    const withFormer = await withFreshStore(
      store,
      context,
      output,
      { ...options, interactive: mayAsk(context, options) },
      () => repeatFormer(app, store, options),
    );
    const { choice, setup, ...walked } = await walkThroughSetup(app, context, output, withFormer, 'onboard', {
      ...stage,
      chooseMessage: textsOf(localeOfEnv(context.env)).questionChoice,
    });
    if (choice === undefined) return 0;
    const place = { storage: readStorageOptions(options), requirePersistence: true };
    await proveConfigWritable(app, setupEdits(config, setup));
    const saved = await saveSetup(app, context, output, withFormer, place, { ...walked, setup, choice });
    const kept = choice.pluginId === undefined ? 'key' : 'login';
    await writeConfig(app, setupEdits(config, setup), saved.report === undefined ? undefined : kept);
    printSetup(context, output, saved);
    output.result(setupToJson(saved));
    return 0;
  } finally {
    app.close();
  }
}

/** `auth login --profile-id X` for a login that exists: the same way and the same region, unless a flag says otherwise. */
async function repeatFormer<Options extends LoginOptions>(
  app: App,
  store: CredentialStore,
  options: Options,
): Promise<Options> {
  const records = await store.listProfiles();
  const former =
    options.profileId === undefined &&
    options.authChoice === undefined &&
    options.region === undefined &&
    records.length === 1
      ? records[0]
      : records.find((record) => record.id === options.profileId);
  if (former === undefined) return options;
  const choice = choiceFor(app, former);
  return {
    ...options,
    profileId: former.id,
    ...(options.authChoice === undefined && choice !== undefined ? { authChoice: choice.choiceId } : {}),
    ...(options.region === undefined && former.region !== undefined ? { region: former.region } : {}),
  };
}

/** A key of another site is another choice; a login takes its region from a flag. */
function choiceFor(app: App, { provider, region }: ProfileRecord): SetupChoice | undefined {
  const own = authChoices(app).filter((choice) => choice.provider === provider);
  return own.find((choice) => choice.pluginId === undefined && choice.region === region) ?? own[0];
}
