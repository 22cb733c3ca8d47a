// A device login in two steps, each in a process of its own: what the first hands to the second, and the pace that both
// keep. Where that lies meanwhile is the host's.
import { z } from 'zod/mini';
import {
  OpenClawError,
  Secret,
  awaitApproval,
  cleanText,
  isOpenClawError,
  type AuthContext,
  type AuthResult,
  type CompleteOptions,
  type PendingLogin,
  type StartedLogin,
} from '../../src/plugin-sdk/index.ts';
import { askForCode, describeState, promptFor, textsFor } from './device-code.ts';
import { finish, profileIdFor } from './login-result.ts';
import { resolveServer, type LoginDeps, type OAuthServer } from './oauth-server.ts';
import { resolveRegion, type RegionId } from './region.ts';
import { suggestOtherRegion } from './wrong-region.ts';

/** As long as any code is given. */
const longestCodeMs = 1_800_000;

/** A caller's patience does not end the code: the answer to the last poll is waited for, for as long as to any. */
const longestAnswerMs = 30_000;

const pendingLogin = z.object({
  region: z.enum(['global', 'cn']),
  dialect: z.enum(['account', 'account-cli', 'legacy', 'standard']),
  clientId: z.string(),
  scope: z.string(),
  tokenUrl: z.string(),
  deviceCode: z.string(),
  userCode: z.string(),
  verificationUrl: z.string(),
  codeVerifier: z.string(),
  expiresAtMs: z.number(),
  intervalMs: z.number(),
  lastPollAtMs: z.number(),
});

type Pending = z.infer<typeof pendingLogin>;

/** Begins a device login that `completeLogin` finishes, in this process or another. */
export async function startLogin(
  deps: LoginDeps,
  regionId: RegionId,
  context: AuthContext,
): Promise<StartedLogin> {
  const region = resolveRegion(regionId, deps.config);
  const { server, login } = await askForCode(deps, region, context, context.signal);
  const nowMs = deps.clock.nowMs();
  const pending: Pending = {
    region: region.id,
    dialect: server.dialect,
    clientId: server.clientId,
    scope: server.scope,
    tokenUrl: server.tokenUrl,
    deviceCode: login.deviceCode,
    userCode: login.userCode,
    verificationUrl: login.verificationUrl,
    codeVerifier: login.codeVerifier.reveal(),
    expiresAtMs: nowMs + login.expiresInMs,
    intervalMs: login.intervalMs,
    lastPollAtMs: nowMs,
  };
  return { pending, prompt: promptFor(login, region, server), profileId: profileIdFor(region, context) };
}

/** Adds LOGIN_PENDING to the errors of a device login. */
export async function completeLogin(
  deps: LoginDeps,
  context: AuthContext,
  started: StartedLogin['pending'],
  options: CompleteOptions,
): Promise<AuthResult> {
  const { clock, random } = deps;
  const parsed = pendingLogin.safeParse(started);
  if (!parsed.success) {
    throw new OpenClawError({
      code: 'LOGIN_NOT_STARTED',
      message: 'What is kept of the login that was begun is not what this version writes.',
    });
  }
  let pending = parsed.data;
  const region = resolveRegion(pending.region, deps.config);
  const choice = { dialect: pending.dialect, clientId: pending.clientId };
  const server = await resolveServer(deps, region, choice, context.signal);
  checkSameServer(pending, server);
  const nowMs = clock.nowMs();
  // Whoever asks again and again is still no faster than the server allows; a clock that was set does not block.
  const sinceMs = Math.max(0, nowMs - pending.lastPollAtMs);
  const notBeforeMs = Math.max(0, pending.intervalMs * 1.2 - sinceMs);
  // Where this clock says that the code has ended, the server is asked once all the same: a clock may have been set.
  const aliveMs = Math.min(Math.max(0, pending.expiresAtMs - nowMs), longestCodeMs);
  const waitMs = Math.max(notBeforeMs + 1, Math.min(aliveMs, options.waitMs ?? aliveMs));
  const login: PendingLogin = {
    ...pending,
    codeVerifier: new Secret(pending.codeVerifier),
    expiresInMs: waitMs,
  };
  let told = textsFor(context).pageWaiting;
  const progress = context.prompter.progress(told);
  const tell = (text: string): void => {
    if (text !== told) progress.update(text);
    told = text;
  };
  try {
    const grant = await awaitApproval(
      {
        client: server.client,
        clock,
        random,
        host: server.host,
        notBeforeMs,
        ...(waitMs < aliveMs ? { graceMs: longestAnswerMs } : {}),
        onPoll: ({ intervalMs }) => {
          pending = { ...pending, intervalMs, lastPollAtMs: clock.nowMs() };
          options.keep(pending);
        },
        onState: (state) => tell(describeState(state, context)),
      },
      login,
      context.signal,
    );
    return await finish(deps, region, { grant, server: { ...server, scope: pending.scope } }, context);
  } catch (error) {
    if (
      waitMs < aliveMs &&
      isOpenClawError(error) &&
      error.code === 'LOGIN_EXPIRED' &&
      clock.nowMs() < pending.expiresAtMs
    ) {
      throw new OpenClawError({
        code: 'LOGIN_PENDING',
        message: `The login was not approved yet at ${server.host}.`,
        data: profileData(context),
      });
    }
    throw suggestOtherRegion(error, region);
  } finally {
    progress.stop();
  }
}

/** Code and verifier are for the server that gave the code, whatever the configuration has come to say since. */
function checkSameServer({ tokenUrl }: Pending, server: OAuthServer): void {
  if (server.tokenUrl === tokenUrl) return;
  const [begun, now] = [new URL(tokenUrl), new URL(server.tokenUrl)];
  const at = ({ host, pathname }: URL): string =>
    cleanText(begun.host === now.host ? `${host}${pathname}` : host, 120);
  throw new OpenClawError({
    code: 'CONFIG_INVALID',
    message: `The login was begun at ${at(begun)}, and the configuration names ${at(now)} now: nothing was sent there.`,
    remedy: 'Name the former server again in openclaw.json, or begin anew: `openclaw auth login`.',
  });
}

/** For a remedy that names the login. */
function profileData(context: AuthContext): { profileId?: string } {
  const { profileId } = context.opts;
  return typeof profileId === 'string' ? { profileId } : {};
}
