// `auth login`: a new login under its own name; the configuration is only touched to enable the plugin.
import type { App } from '../../app.ts';
import type { CredentialStore } from '../../store/credential-store.ts';
import { createOutput, type CommandContext } from '../command-context.ts';
import { localeOfEnv } from '../../language/locale.ts';
import { textsOf } from '../../language/texts.ts';
import { printReport, reportToJson } from '../login-report.ts';
import { logInWithChoice, mayAsk, readStorageOptions, type LoginOptions } from '../login-session.ts';
import { enableEdits, writeConfig } from '../login-config.ts';
import { withFreshStore } from '../fresh-store.ts';
import { openApp } from '../open-app.ts';
import { printConfigWarnings } from '../ui/config-warnings.ts';

export async function authLogin(context: CommandContext, options: LoginOptions): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const config = app.config();
    printConfigWarnings(output, config);
    const store = app.store(readStorageOptions(options));
    const withFormer = await withFreshStore(
      store,
      context,
      output,
      { ...options, interactive: mayAsk(context, options) },
      () => repeatFormer(app, store, options),
    );
    const session = await logInWithChoice(app, context, output, withFormer, {
      storage: readStorageOptions(options),
      requirePersistence: true,
    });
    await writeConfig(app, enableEdits(config, session));
    printReport(output, session, textsOf(localeOfEnv(context.env)), context.clock.nowMs());
    output.result(reportToJson(session));
    return 0;
  } finally {
    app.close();
  }
}

/** `auth login --profile-id X` for a login that exists: the same way and the same region, unless a flag says otherwise. */
async function repeatFormer(app: App, store: CredentialStore, options: LoginOptions): Promise<LoginOptions> {
  const records = await store.listProfiles();
  const former =
    options.profileId === undefined &&
    options.authChoice === undefined &&
    options.region === undefined &&
    records.length === 1
      ? records[0]
      : records.find((record) => record.id === options.profileId);
  if (former === undefined) return options;
  const choice = app
    .plugins()
    .choices()
    .find((candidate) => candidate.provider === former.provider);
  return {
    ...options,
    profileId: former.id,
    ...(options.authChoice === undefined && choice !== undefined ? { authChoice: choice.choiceId } : {}),
    ...(options.region === undefined && former.region !== undefined ? { region: former.region } : {}),
  };
}
