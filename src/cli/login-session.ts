// What `onboard`, `auth login` and an ephemeral gateway share: which choice, the login itself with its progress, and
// what is said when it is done.
import { findChoice, loadMethod, type App } from '../app.ts';
import { performLogin, runMethod, type LoginReport } from '../auth/login.ts';
import { OpenClawError } from '../errors.ts';
import { quotedText } from '../platform/text.ts';
import { localeOfEnv } from '../language/locale.ts';
import { fillText } from '../language/fill-text.ts';
import { textsOf } from '../language/texts.ts';
import { createBrowser, noBrowser } from '../platform/browser.ts';
import type {
  AuthContext,
  AuthMethod,
  AuthPrompter,
  AuthResult,
  ProviderPlugin,
} from '../plugin-sdk/index.ts';
import type { Credential } from '../plugin-sdk/credential.ts';
import type { AuthChoice } from '../plugins/host.ts';
import type { StorageOptions } from '../store/open-store.ts';
import { mayAsk, type CommandContext, type Output } from './command-context.ts';
import { chooseFlow, mayOpenBrowser, readPlace, type FlowFacts } from './flow-choice.ts';
import { withAside, withFreshStore } from './fresh-store.ts';
import { createLoginGuide, describeLoginEnd, type LoginGuide } from './login-guide.ts';
import {
  authLoginCommand,
  commandText,
  flagsAgain,
  withLoginCommand,
  type LoginCommand,
} from './login-again.ts';
import { nameBeside } from './login-name.ts';
import { keepGatewayToken, proveStorage } from './login-storage.ts';
import { usualName, waysTo } from './login-target.ts';
import { createPrompter } from './ui/prompter.ts';
import { foldText } from './ui/text-width.ts';

export type LoginOptions = {
  json?: boolean;
  authChoice?: string;
  region?: string;
  profileId?: string;
  /** auto, device or loopback; not yet checked. */
  flow?: string;
  /** False with --no-browser. */
  browser?: boolean;
  nonInteractive?: boolean;
  storage?: string;
  insecureStorage?: boolean;
  setAsideStore?: boolean;
};

export type LoginSession = { choice: AuthChoice; report: LoginReport };

export type LoginPlace = {
  storage: StorageOptions;
  requirePersistence: boolean;
  /** Last look at the options before anybody is asked to approve. Resolves with the folder of a store that it set aside. */
  check?: (choice: AuthChoice) => Promise<string | undefined>;
  /** What begins the login again, in remedies; `openclaw auth login` when absent. */
  again?: LoginCommand;
};

/** Everything that can be wrong before anybody approves is wrong here: choice, profile id, plugin, store. */
export async function prepareLogin(
  app: App,
  context: CommandContext,
  output: Output,
  options: LoginOptions,
  place: LoginPlace,
): Promise<{ choice: AuthChoice; provider: ProviderPlugin; method: AuthMethod; aside: string | undefined }> {
  const interactive = mayAsk(context, options);
  const store = app.store(place.storage);
  const choice = await chooseLogin(app, context, options, createPrompter(context, output, { interactive }));
  checkProfileId(options.profileId, choice);
  if (place.requirePersistence) refusePluginsOff(app, choice);
  let aside = await place.check?.(choice);
  const loaded = await loadMethod(app.pluginsWith(choice.pluginId), choice);
  // What cannot be saved is said before anybody approves.
  if (place.requirePersistence) {
    const fresh = { ...options, interactive, onAside: (folder: string) => (aside = folder) };
    await withFreshStore(store, context, output, fresh, () => proveStorage(app));
  }
  return { choice, ...loaded, aside };
}

/** The profile id is checked before anything is asked or sent. */
export async function logInWithChoice(
  app: App,
  context: CommandContext,
  output: Output,
  options: LoginOptions,
  place: LoginPlace,
): Promise<LoginSession> {
  const interactive = mayAsk(context, options);
  const flow = readFlow(options);
  const beganAtMs = context.clock.nowMs();
  const { choice, provider, method, aside } = await prepareLogin(app, context, output, options, place);
  const facts: FlowFacts = {
    wanted: flow,
    env: context.env,
    platform: process.platform,
    interactive,
    noBrowser: options.browser === false,
    place: readPlace(context.env),
  };
  const guide = createLoginGuide({
    clock: context.clock,
    random: app.random,
    browser: mayOpenBrowser(facts) ? createBrowser(context.env) : noBrowser,
    choice: chooseFlow(facts),
  });
  const authContext: AuthContext = {
    ...createAuthContext(app, context, options, {
      prompter: withPage(createPrompter(context, output, { interactive, flow: guide.control }), guide),
    }),
    openUrl: (url) => guide.control.open(url),
    isRemote: guide.flow.current() === 'device',
    flow: guide.flow,
  };
  try {
    const report = await saveLogin(app, context, output, provider, place, {
      obtain: () => runMethod(method, authContext, interactive),
      onApproved: () => guide.setPhase({ kind: 'checking' }),
      async nameFor(profileId, credential) {
        // A name that was given, or agreed to before, is meant.
        const isMeant = options.profileId !== undefined || profileId === usualName(choice, options.region);
        // One that was saved under it while this one was asked about was not.
        const isNew = ((await app.store().readRecord(profileId))?.createdAtMs ?? 0) >= beganAtMs;
        if (!interactive || (isMeant && !isNew)) return profileId;
        const prompter = createPrompter(context, output, { interactive });
        const name = {
          prompter,
          records: () => app.store().listProfiles(),
          nowMs: () => context.clock.nowMs(),
          check: (id: string) => checkProfileId(id, choice),
          tell: (text: string) => prompter.note(text),
        };
        return nameBeside(name, profileId, credential);
      },
    });
    guide.setPhase({ kind: 'saved', profileId: report.record.id });
    return { choice, report };
  } catch (error) {
    const own = interactive ? flagsAgain(error, options) : { ...options, authChoice: choice.choiceId };
    const again = place.again ?? authLoginCommand;
    const told = withLoginCommand(error, again, own);
    guide.setPhase(describeLoginEnd(told, commandText(again, own)));
    throw withAside(told, aside);
  } finally {
    // The page is told, and the terminal does not wait for it; a listener that shows an end keeps the process until then.
    void guide.close();
  }
}

/** What the terminal shows of a device login, the page shows too. */
function withPage(prompter: AuthPrompter, guide: LoginGuide): AuthPrompter {
  return {
    ...prompter,
    deviceCode(prompt) {
      const display = prompter.deviceCode?.(prompt);
      return {
        ...(display?.opensBrowser === true ? { opensBrowser: true } : {}),
        update(state) {
          display?.update(state);
          guide.setPhase(state);
        },
        stop: () => display?.stop(),
      };
    },
  };
}

/** Verifies and saves what `obtain` resolves with, telling the person each step. */
export async function saveLogin(
  app: App,
  context: CommandContext,
  output: Output,
  provider: ProviderPlugin,
  place: Pick<LoginPlace, 'requirePersistence'>,
  steps: {
    obtain: () => Promise<AuthResult>;
    onApproved?: () => void;
    nameFor?: (profileId: string, credential: Credential) => Promise<string>;
  },
): Promise<LoginReport> {
  const texts = textsOf(localeOfEnv(context.env));
  const report = await performLogin(
    {
      store: app.store(),
      clock: context.clock,
      requirePersistence: place.requirePersistence,
      onStep(step) {
        if (step === 'approved') steps.onApproved?.();
        // In memory nothing is saved; what is kept, and for how long, is told at the end.
        if (step === 'saved' && !place.requirePersistence) return;
        const columns = context.terminal.errIsTty ? context.terminal.columns() : undefined;
        const lines = columns === undefined ? [texts[step]] : foldText(texts[step], columns - 3);
        output.note(lines.map((line) => `  ${line}`).join('\n'), { event: step });
      },
      ...(steps.nameFor === undefined ? {} : { nameFor: steps.nameFor }),
      onUnsaved: (error) =>
        output.note(`  ${fillText(texts.notSavedYet, { reason: error.message })}`, {
          event: 'not_saved_yet',
          message: error.message,
        }),
    },
    provider,
    steps.obtain,
    context.signal,
  );
  await keepGatewayToken(app, report);
  return report;
}

/** What every method is given; without a `flow`, as for a login that is finished elsewhere. */
export function createAuthContext(
  app: App,
  context: CommandContext,
  options: LoginOptions,
  given: { prompter: AuthPrompter; signal?: AbortSignal },
): AuthContext {
  return {
    config: app.config().config,
    env: app.config().env,
    prompter: given.prompter,
    openUrl: () => Promise.resolve(false),
    isRemote: true,
    signal: given.signal ?? context.signal,
    locale: options.json === true ? 'en' : localeOfEnv(context.env),
    opts: {
      ...(options.region === undefined ? {} : { region: options.region }),
      ...(options.profileId === undefined ? {} : { profileId: options.profileId }),
    },
  };
}

/** Throws USAGE for a flow that there is not. */
export function readFlow(options: LoginOptions): FlowFacts['wanted'] {
  const { flow = 'auto' } = options;
  if (flow === 'auto' || flow === 'device' || flow === 'loopback') return flow;
  throw new OpenClawError({
    code: 'USAGE',
    message: `There is no flow ${quotedText(flow, 40)}. There is: auto, device, loopback.`,
    remedy: 'Leave --flow out to take what fits this place. See `openclaw onboard --help`.',
  });
}

async function chooseLogin(
  app: App,
  context: CommandContext,
  options: LoginOptions,
  prompter: AuthPrompter,
): Promise<AuthChoice> {
  const ways = waysTo(app.plugins().choices(), options);
  const choiceId =
    options.authChoice ??
    ways.only?.choiceId ??
    (await prompter.select({
      message: textsOf(localeOfEnv(context.env)).questionChoice,
      options: ways.choices.map((choice) => ({
        value: choice.choiceId,
        label: choice.choiceLabel,
        ...(choice.choiceHint === undefined ? {} : { hint: choice.choiceHint }),
      })),
      flag: '--auth-choice minimax-portal',
    }));
  return findLogin(app, choiceId);
}

/** Throws USAGE for a choice that is a key and no login. */
export function findLogin(app: App, choiceId: string): AuthChoice {
  const choice = findChoice(app, choiceId);
  if (choice.pluginId !== undefined) return choice;
  throw new OpenClawError({
    code: 'USAGE',
    message: `${choice.choiceId} is no login that somebody approves: there is nothing to begin or to keep in memory.`,
    remedy: `Set it up in one step: \`openclaw onboard --auth-choice ${choice.choiceId}\`.`,
  });
}

/** A login enables its plugin, but not against a person who has turned all of them off. Throws PLUGIN_DISABLED. */
export function refusePluginsOff(app: App, { choiceId, pluginId }: AuthChoice): void {
  const { config } = app.config();
  if (config.plugins?.enabled !== false) return;
  throw new OpenClawError({
    code: 'PLUGIN_DISABLED',
    message: `${choiceId} would serve nothing: it comes with the plugin ${pluginId}, and plugins.enabled is false, which turns off every plugin.`,
    remedy: 'Let plugins run again: `openclaw config unset plugins.enabled`. Then log in.',
    data: { pluginId },
  });
}

export function checkProfileId(profileId: string | undefined, choice: { readonly provider: string }): void {
  if (profileId === undefined) return;
  const prefix = `${choice.provider}:`;
  if (profileId.startsWith(prefix) && /^[A-Za-z0-9._@-]{1,64}$/.test(profileId.slice(prefix.length))) return;
  throw new OpenClawError({
    code: 'USAGE',
    message: `${quotedText(profileId, 80)} is not a name for a login of ${choice.provider}: it is written ${choice.provider}:name, with letters, digits and . _ @ - in the name.`,
    remedy: `For example: \`openclaw auth login --profile-id ${choice.provider}:work\`.`,
  });
}
