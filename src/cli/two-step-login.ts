// `onboard --start` and `--complete`: a device login for those who cannot keep a process waiting. The first prints code
// and address and ends; the second, at any later time while the code lives, waits for the approval and saves.
import { loadMethod, type App } from '../app.ts';
import { OpenClawError, isOpenClawError, type ErrorCode } from '../errors.ts';
import { localeOfEnv } from '../language/locale.ts';
import { fillText } from '../language/fill-text.ts';
import { textsOf } from '../language/texts.ts';
import { cleanText, quotedText } from '../platform/text.ts';
import type { AuthMethod, AuthResult, StartedLogin } from '../plugin-sdk/index.ts';
import type { CommandContext, Output } from './command-context.ts';
import { withAside } from './fresh-store.ts';
import { withLoginCommand } from './login-again.ts';
import {
  createAuthContext,
  findLogin,
  prepareLogin,
  saveLogin,
  type LoginOptions,
  type LoginPlace,
  type LoginSession,
} from './login-session.ts';
import {
  claimPendingLogin,
  dropForgottenLogins,
  dropPendingLogin,
  keepPendingLogin,
  readPendingLogin,
  updatePendingLogin,
  type PendingLogin,
} from './pending-login.ts';
import { shownCode, shownUrl } from './ui/login-block.ts';
import { createPrompter } from './ui/prompter.ts';

export type TwoStepOptions = LoginOptions & {
  start?: boolean;
  complete?: boolean;
  /** Seconds, as typed. */
  timeout?: string;
};

/** Throws USAGE for flags that contradict each other. */
export function checkTwoStep(options: TwoStepOptions): void {
  const refuse = (message: string, remedy: string): never => {
    throw new OpenClawError({ code: 'USAGE', message, remedy });
  };
  if (options.start === true && options.complete === true) {
    refuse(
      '--start and --complete are two steps: one command each.',
      'Run `openclaw onboard --non-interactive --start` first.',
    );
  }
  if (options.timeout !== undefined) {
    if (options.complete !== true) {
      refuse(
        '--timeout belongs to --complete.',
        'Leave --timeout out: without --complete a login waits as long as its code lives.',
      );
    }
    if (!/^\d{1,5}$/.test(options.timeout)) {
      refuse(
        `--timeout takes whole seconds, not ${quotedText(options.timeout, 40)}.`,
        'For example: `openclaw onboard --non-interactive --complete --timeout 60`.',
      );
    }
  }
  if (options.start === true && options.flow === 'loopback') {
    refuse(
      '--start ends before anybody approves: nothing would listen for a browser that comes back.',
      'Leave --flow out, or run `openclaw onboard --flow loopback` without --start.',
    );
  }
  if (options.complete === true && options.flow === 'loopback') {
    refuse('--complete waits for a code that --start has printed already.', 'Leave --flow out.');
  }
}

export async function startTwoStep(
  app: App,
  context: CommandContext,
  output: Output,
  options: TwoStepOptions & PendingLogin['defaultModel'],
  place: LoginPlace,
): Promise<void> {
  const asked: LoginOptions = { ...options, nonInteractive: true };
  const { choice, method, aside } = await prepareLogin(app, context, output, asked, place);
  if ((await app.store().readKeyRecord())?.kind === 'memory') {
    throw new OpenClawError({
      code: 'STORAGE_NOT_PERSISTENT',
      message:
        'There is no place here to keep a login that has been begun: it would be lost when this command ends.',
    });
  }
  if (method.start === undefined) throw noTwoSteps(method);
  const prompter = createPrompter(context, output, { interactive: false });
  const started = await method
    .start(createAuthContext(app, context, asked, { prompter }))
    .catch((error: unknown) => {
      throw withAside(error, aside);
    });
  const expiresAtMs = context.clock.nowMs() + started.prompt.expiresInMs;
  await dropForgottenLogins(app.store(), context.clock);
  const former = await readPendingLogin(app.store(), started.profileId);
  if (former !== undefined && former.expiresAtMs > context.clock.nowMs()) {
    output.note(
      `The code that was printed before for ${started.profileId} is no longer waited for: approve the new one.`,
      { event: 'former_code_dropped', profile_id: started.profileId },
    );
  }
  await keepPendingLogin(app.store(), {
    choiceId: choice.choiceId,
    profileId: started.profileId,
    ...(options.region === undefined ? {} : { region: options.region }),
    defaultModel: pickDefaultModel(options),
    expiresAtMs,
    pending: started.pending,
  });
  printStarted(context, output, started, expiresAtMs);
}

function printStarted(
  context: CommandContext,
  output: Output,
  { prompt, profileId }: StartedLogin,
  expiresAtMs: number,
): void {
  const texts = textsOf(localeOfEnv(context.env));
  const { style } = output;
  const command = `openclaw onboard --non-interactive --complete --profile-id ${profileId}`;
  const place = cleanText(`${prompt.regionLabel}, ${prompt.host}`);
  output.line(`${style.bold(texts.approveTitle)} (${place})`);
  output.line();
  output.line(`  ${shownUrl(prompt.verificationUrl)}`);
  output.line(`  ${style.bold(shownCode(prompt.userCode))}`);
  output.line();
  if (!prompt.trusted) output.line(`  ${style.warn(texts.untrusted)}`);
  output.line(`  ${texts.phishing}`);
  output.line(`  ${fillText(texts.startedUntil, { time: new Date(expiresAtMs).toISOString() })}`);
  output.line();
  output.line(texts.startedFinish);
  output.line(`  ${command}`);
  output.result({
    url: shownUrl(prompt.verificationUrl),
    user_code: shownCode(prompt.userCode),
    expires_at: new Date(expiresAtMs).toISOString(),
    trusted: prompt.trusted,
    profile_id: profileId,
    next: command,
  });
}

/** Throws LOGIN_PENDING when `--timeout` is over first; the login then waits for another `--complete`. */
export async function completeTwoStep(
  app: App,
  context: CommandContext,
  output: Output,
  options: TwoStepOptions,
  place: LoginPlace,
): Promise<LoginSession & { defaultModel: PendingLogin['defaultModel'] }> {
  const store = app.store(place.storage);
  const { login, release } = await claimPendingLogin(store, context.clock, options.profileId);
  let { pending } = login;
  let isDecided = false;
  try {
    checkSameLogin(options, login);
    const choice = findLogin(app, login.choiceId);
    await place.check?.(choice);
    const { provider, method } = await loadMethod(app.pluginsWith(choice.pluginId), choice);
    const obtain = async (): Promise<AuthResult> => {
      const prompter = createPrompter(context, output, { interactive: false });
      const known: LoginOptions = {
        profileId: login.profileId,
        ...(options.json === true ? { json: true } : {}),
        ...(login.region === undefined ? {} : { region: login.region }),
      };
      const authContext = createAuthContext(app, context, known, { prompter });
      if (method.complete === undefined) throw noTwoSteps(method);
      const result = await method.complete(authContext, login.pending, {
        keep: (changed) => {
          pending = changed;
        },
        ...(options.timeout === undefined ? {} : { waitMs: Number(options.timeout) * 1000 }),
      });
      isDecided = true;
      return result;
    };
    const report = await saveLogin(app, context, output, provider, place, { obtain });
    await settle(() => dropPendingLogin(store, login));
    return { choice, report, defaultModel: login.defaultModel };
  } catch (error) {
    await settle(() => (isDecided ? dropPendingLogin(store, login) : keepOrDrop(app, login, pending, error)));
    throw withRestart(error, login);
  } finally {
    release();
  }
}

/** Throws USAGE for flags that name another login than the one that was begun. */
function checkSameLogin({ region, authChoice }: TwoStepOptions, login: PendingLogin): void {
  const otherRegion = region !== undefined && login.region !== undefined && region !== login.region;
  const otherChoice = authChoice !== undefined && authChoice !== login.choiceId;
  if (!otherRegion && !otherChoice) return;
  const begun = `--auth-choice ${login.choiceId}${login.region === undefined ? '' : ` --region ${login.region}`}`;
  throw new OpenClawError({
    code: 'USAGE',
    message: `The login that was begun for ${login.profileId} is one with ${begun}.`,
    remedy: 'Leave --auth-choice and --region out: --start has settled them.',
  });
}

/** Whoever logs in in two steps begins anew in two steps. */
function withRestart(error: unknown, { choiceId, region, profileId }: PendingLogin): unknown {
  const begin = { command: 'openclaw onboard --non-interactive --start', flags: '' };
  return withLoginCommand(error, begin, { authChoice: choiceId, profileId, ...(region && { region }) });
}

/** Best effort: how the login itself ended is what is told, and a code that was used is good for nothing. */
async function settle(change: () => Promise<void>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!isOpenClawError(error)) throw error;
  }
}

/** What the server has said no to is over; what was broken off waits, and goes on at the pace that was reached. */
async function keepOrDrop(
  app: App,
  login: PendingLogin,
  pending: PendingLogin['pending'],
  error: unknown,
): Promise<void> {
  const over: ReadonlySet<ErrorCode> = new Set([
    'LOGIN_DENIED',
    'LOGIN_EXPIRED',
    'LOGIN_REJECTED',
    'LOGIN_WRONG_REGION',
    'LOGIN_NOT_STARTED',
  ]);
  if (isOpenClawError(error) && over.has(error.code)) await dropPendingLogin(app.store(), login);
  else if (pending !== login.pending) await updatePendingLogin(app.store(), login, pending);
}

function pickDefaultModel({
  model,
  setDefault,
  keepDefault,
}: PendingLogin['defaultModel']): PendingLogin['defaultModel'] {
  return {
    ...(model === undefined ? {} : { model }),
    ...(setDefault === undefined ? {} : { setDefault }),
    ...(keepDefault === undefined ? {} : { keepDefault }),
  };
}

function noTwoSteps(method: AuthMethod): OpenClawError {
  return new OpenClawError({
    code: 'USAGE',
    message: `${method.label} cannot be done in two steps.`,
    remedy: 'Log in in one step: `openclaw onboard`.',
  });
}
