// Carries out what was chosen, up to the configuration file: a portal login with its approval, or a key into the store. A
// key that stays in a variable, and a server, leave nothing to be kept.
import type { App, SetupChoice } from '../../app.ts';
import { performLogin, type LoginReport } from '../../auth/login.ts';
import { isOpenClawError, type OpenClawError } from '../../errors.ts';
import { localeOfEnv } from '../../language/locale.ts';
import { fillText } from '../../language/fill-text.ts';
import { textsOf } from '../../language/texts.ts';
import type { ProviderPlugin } from '../../plugin-sdk/index.ts';
import { mayAsk, type CommandContext, type Output } from '../command-context.ts';
import { withAside, withFreshStore } from '../fresh-store.ts';
import { checkProfileId, logInWithChoice, type LoginOptions, type LoginPlace } from '../login-session.ts';
import { keepGatewayToken, proveStorage } from '../login-storage.ts';
import { dropPendingLogin, readPendingLogins, type PendingLogin } from '../pending-login.ts';
import { listRecords } from './known-logins.ts';
import type { TakenKey, TakenServer } from './key-desk.ts';
import type { SetupOutcome } from './setup-walk.ts';

export type SavedSetup = {
  readonly choice: SetupChoice;
  /** Of what the store keeps now. */
  readonly report: LoginReport | undefined;
  /** A login of this name was there before. */
  readonly replaced?: boolean;
  readonly key: TakenKey | undefined;
  readonly server: TakenServer | undefined;
};

/** `choice` is that of the outcome. Errors as of `logInWithChoice`. After an error nothing is kept. */
export async function saveSetup(
  app: App,
  context: CommandContext,
  output: Output,
  given: LoginOptions,
  place: LoginPlace,
  { choice, key, server, profileId }: SetupOutcome & { readonly choice: SetupChoice },
): Promise<SavedSetup> {
  const options = profileId === undefined ? given : { ...given, profileId };
  const former = await listRecords(app);
  const begun = await listBegun(app);
  const isReplaced = ({ record }: LoginReport): boolean => former.some(({ id }) => id === record.id);
  if (choice.pluginId !== undefined) {
    const asked = { ...options, authChoice: choice.choiceId };
    const { report } = await logInWithChoice(app, context, output, asked, place);
    await forgetBegun(app, output, begun, report);
    return { choice, report, replaced: isReplaced(report), key, server };
  }
  if (options.profileId !== undefined) checkProfileId(options.profileId, choice);
  const isSealed = key !== undefined && key.variable === undefined;
  if (!isSealed) return { choice, report: undefined, key, server };
  const report = await sealKey(app, context, output, options, place, key);
  await forgetBegun(app, output, begun, report);
  return { choice, report, replaced: isReplaced(report), key, server };
}

/** A store that does not open shows none: what is wrong with it is said where the login is kept. */
async function listBegun(app: App): Promise<readonly PendingLogin[]> {
  try {
    return await readPendingLogins(app.store());
  } catch (error) {
    if (isOpenClawError(error) && error.code !== 'INTERRUPTED') return [];
    throw error;
  }
}

/** The login is there: a code that was printed before for the same name has nothing left to do. */
async function forgetBegun(
  app: App,
  output: Output,
  begun: readonly PendingLogin[],
  { record }: LoginReport,
): Promise<void> {
  const former = begun.find(({ profileId }) => profileId === record.id);
  if (former === undefined) return;
  try {
    await dropPendingLogin(app.store(), former);
    if (former.expiresAtMs <= app.clock.nowMs()) return;
    output.note(`  The code that was printed before for ${record.id} is no longer waited for.`, {
      event: 'former_code_dropped',
      profile_id: record.id,
    });
  } catch (error) {
    // It expires by itself; the login counts.
    if (!isOpenClawError(error)) throw error;
  }
}

async function sealKey(
  app: App,
  context: CommandContext,
  output: Output,
  options: LoginOptions,
  place: LoginPlace,
  { choice, key, verdict }: TakenKey,
): Promise<LoginReport> {
  const store = app.store(place.storage);
  const { provider: id, region } = choice;
  let aside: string | undefined;
  const fresh = {
    ...options,
    interactive: mayAsk(context, options),
    onAside: (folder: string) => (aside = folder),
  };
  await withFreshStore(store, context, output, fresh, () => proveStorage(app));
  const snapshot = { provider: id, displayName: choice.choiceLabel, windows: [] };
  const provider: ProviderPlugin = {
    id,
    label: choice.choiceLabel,
    auth: [],
    // It was tried when it was taken.
    fetchUsageSnapshot: () =>
      Promise.resolve(verdict.kind === 'works' ? snapshot : { ...snapshot, error: verdict.reason }),
  };
  const texts = textsOf(localeOfEnv(context.env));
  const report = await performLogin(
    {
      store,
      clock: context.clock,
      requirePersistence: place.requirePersistence,
      onStep(step) {
        if (step === 'saved') output.note(`  ${texts.saved}`, { event: step });
      },
      onUnsaved: (error: OpenClawError) =>
        output.note(`  ${fillText(texts.notSavedYet, { reason: error.message })}`, {
          event: 'not_saved_yet',
          message: error.message,
        }),
    },
    provider,
    () =>
      Promise.resolve({
        profiles: [
          {
            profileId: options.profileId ?? choice.profileId,
            credential: {
              type: 'api_key',
              provider: id,
              key: key.reveal(),
              ...(region === undefined ? {} : { region }),
            },
          },
        ],
      }),
    context.signal,
  ).catch((error: unknown) => {
    throw withAside(error, aside);
  });
  await keepGatewayToken(app, report);
  return report;
}
