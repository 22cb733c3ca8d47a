// What `onboard`, `auth login` and an ephemeral gateway share: which choice, the login itself with its progress, and
// what is said when it is done.
import { findChoice, loadMethod, type App } from '../app.ts';
import { performLogin, type LoginReport } from '../auth/login.ts';
import { OpenClawError } from '../errors.ts';
import { gatewayTokenName, makeGatewayToken } from '../gateway/gateway-token.ts';
import { createBrowser, describeRemote, noBrowser } from '../platform/browser.ts';
import type { AuthChoice } from '../plugins/host.ts';
import type { StorageOptions } from '../store/open-store.ts';
import type { CommandContext, Output } from './command-context.ts';
import { withFreshStore } from './fresh-store.ts';
import { formatRelative } from './ui/duration.ts';
import { createPrompter } from './ui/prompter.ts';
import { describeStorage, readKeyKind } from './ui/storage-text.ts';

export type LoginOptions = {
  json?: boolean;
  authChoice?: string;
  region?: string;
  profileId?: string;
  /** False with --no-browser. */
  browser?: boolean;
  nonInteractive?: boolean;
  storage?: string;
  insecureStorage?: boolean;
  setAsideStore?: boolean;
};

export type LoginSession = { choice: AuthChoice; report: LoginReport };

export function mayAsk(context: CommandContext, options: LoginOptions): boolean {
  return context.terminal.interactive && options.nonInteractive !== true && options.json !== true;
}

/** The profile id is checked before anything is asked or sent. */
export async function logInWithChoice(
  app: App,
  context: CommandContext,
  output: Output,
  options: LoginOptions,
  place: {
    storage: StorageOptions;
    requirePersistence: boolean;
    /** Last look at the options before anybody is asked to approve. */
    check?: (choice: AuthChoice) => Promise<void>;
  },
): Promise<LoginSession> {
  const interactive = mayAsk(context, options);
  const store = app.store(place.storage);
  const prompter = createPrompter(context, output, interactive);
  const choice = await chooseLogin(app, options, prompter);
  checkProfileId(options.profileId, choice);
  await place.check?.(choice);
  const { provider, method } = await loadMethod(app.pluginsWith(choice.pluginId), choice);
  // What cannot be saved is said before anybody approves.
  if (place.requirePersistence) {
    await withFreshStore(store, context, output, { ...options, interactive }, () => proveStorage(app));
  }
  const remote = describeRemote(context.env);
  const browser = options.browser === false ? noBrowser : createBrowser(context.env);
  const report = await performLogin(
    {
      store,
      clock: context.clock,
      interactive,
      requirePersistence: place.requirePersistence,
      onStep: (step) => output.note(stepText(step), { event: step }),
      onUnsaved: (error) =>
        output.note(`  Approved, but it cannot be saved yet: ${error.message}. Still trying.`, {
          event: 'not_saved_yet',
          message: error.message,
        }),
    },
    provider,
    method,
    {
      config: app.config().config,
      env: app.config().env,
      prompter,
      openUrl: (url) => browser.open(url),
      isRemote: remote !== undefined,
      signal: context.signal,
      opts: {
        ...(options.region === undefined ? {} : { region: options.region }),
        ...(options.profileId === undefined ? {} : { profileId: options.profileId }),
      },
    },
  );
  return { choice, report };
}

async function chooseLogin(
  app: App,
  options: LoginOptions,
  prompter: ReturnType<typeof createPrompter>,
): Promise<AuthChoice> {
  const host = app.plugins();
  const choiceId =
    options.authChoice ??
    (await prompter.select({
      message: 'How do you want to log in?',
      options: host.choices().map((choice) => ({
        value: choice.choiceId,
        label: choice.choiceLabel,
        ...(choice.choiceHint === undefined ? {} : { hint: choice.choiceHint }),
      })),
      flag: '--auth-choice minimax-portal',
    }));
  return findChoice(host, choiceId);
}

/** Opens the key, looks at every page and takes the write lock once. */
async function proveStorage(app: App): Promise<void> {
  const { kind } = await app.store().unlock();
  await app.store().prove();
  if (kind !== 'memory') await app.store().createSecret(gatewayTokenName, makeGatewayToken(app.random));
}

function checkProfileId(profileId: string | undefined, choice: AuthChoice): void {
  if (profileId === undefined) return;
  const prefix = `${choice.provider}:`;
  if (profileId.startsWith(prefix) && /^[A-Za-z0-9._@-]{1,64}$/.test(profileId.slice(prefix.length))) return;
  throw new OpenClawError({
    code: 'USAGE',
    message: `${JSON.stringify(profileId.slice(0, 80))} is not a name for a login of ${choice.provider}: it is written ${choice.provider}:name, with letters, digits and . _ @ - in the name.`,
    remedy: `For example: \`openclaw auth login --profile-id ${choice.provider}:work\`.`,
  });
}

function stepText(step: 'approved' | 'verified' | 'saved'): string {
  const texts = {
    approved: '  Approved.',
    verified: '  The token works (plan usage was read, free of charge).',
    saved: '  Saved and read back.',
  };
  return texts[step];
}

/** Throws USAGE for a kind that there is not. */
export function readStorageOptions(options: LoginOptions): StorageOptions {
  const remedy = 'Leave --storage out to take the safest place there is. See `openclaw onboard --help`.';
  const kind = options.storage === undefined ? undefined : readKeyKind(options.storage, remedy);
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(options.insecureStorage === true ? { insecureStorage: true } : {}),
  };
}

export function reportToJson({ report, choice }: LoginSession): Record<string, unknown> {
  const { record, key } = report;
  return {
    profile: {
      id: record.id,
      provider: record.provider,
      region: record.region ?? null,
      account: record.account ?? null,
      expiresAt: record.expiresAtMs === undefined ? null : new Date(record.expiresAtMs).toISOString(),
      refreshable: record.refreshable,
    },
    authChoice: choice.choiceId,
    storage: key.kind,
    verified: report.verified,
    verifyTrouble: report.verifyTrouble ?? null,
    notes: report.notes,
  };
}

export function printReport(output: Output, { report }: LoginSession, nowMs: number): void {
  const { style } = output;
  const { record, key } = report;
  const storage = describeStorage(key);
  output.line();
  output.line(
    `${style.good('✓')} Logged in: ${style.bold(record.id)}${record.region === undefined ? '' : ` (region ${record.region})`}`,
  );
  if (record.account !== undefined) output.line(`  Account  ${record.account}`);
  for (const note of report.notes) output.line(`  Note     ${note}`);
  if (record.expiresAtMs !== undefined) {
    output.line(
      `  Access   ends ${formatRelative(record.expiresAtMs, nowMs)}, ${record.refreshable ? 'renewed by itself' : style.warn('cannot be renewed')}`,
    );
  }
  output.line(`  Kept     ${storage.safe ? storage.text : style.bad(storage.text)}`);
  if (report.verified) output.line('  Checked  the token works');
  else if (report.verifyTrouble !== undefined) {
    output.line(style.warn(`  Checked  not yet: ${report.verifyTrouble}`));
  }
}
