// Logging in to MiniMax: the device flow with its one change of dialect, in one process or in two, and the redirect flow
// where a region has it. What the credential is kept in, and when it is refreshed, is the host's.
import { z } from 'zod/mini';
import {
  OpenClawError,
  Secret,
  awaitApproval,
  awaitAuthorization,
  cleanText,
  isOpenClawError,
  startDeviceLogin,
  startLoopbackServer,
  toLoginError,
  type AuthContext,
  type AuthResult,
  type CompleteOptions,
  type DeviceCodePrompt,
  type DeviceFlowState,
  type DeviceStartState,
  type Grant,
  type PendingLogin,
  type StartedLogin,
} from '../../src/plugin-sdk/index.ts';
import { isMoveToAccountHost } from './dialect.ts';
import { providerId, readGrant } from './grant.ts';
import { defaultModel } from './models.ts';
import { hasRedirectFlow, resolveServer, type LoginDeps, type OAuthServer } from './oauth-server.ts';
import { revoke } from './renewal.ts';
import {
  isBrowserOrigin,
  otherRegion,
  resolveRegion,
  resolveVerificationUrl,
  type Region,
  type RegionId,
} from './region.ts';
import { suggestOtherRegion, wrongRegion } from './wrong-region.ts';

const providerLabel = 'MiniMax';

/** As long as any code is given. */
const longestCodeMs = 1_800_000;

type Obtained = { readonly grant: Grant; readonly server: OAuthServer };

/** Follows the person from one flow to the other as often as they switch. */
export async function logIn(deps: LoginDeps, regionId: RegionId, context: AuthContext): Promise<AuthResult> {
  const region = resolveRegion(regionId, deps.config);
  const { flow } = context;
  for (;;) {
    const turn = hasRedirectFlow(region) ? flow?.turn() : undefined;
    const signal = turn === undefined ? context.signal : AbortSignal.any([context.signal, turn]);
    const isLoopback = (flow?.current() ?? (context.isRemote ? 'device' : 'loopback')) === 'loopback';
    const obtain = isLoopback && hasRedirectFlow(region) ? authorize : approveDevice;
    try {
      return await finish(deps, region, await obtain(deps, region, context, signal), context);
    } catch (error) {
      if (context.signal.aborted || turn?.aborted !== true) throw suggestOtherRegion(error, region);
    }
  }
}

/** Begins a device login that `completeLogin` finishes, in this process or another. */
export async function startLogin(
  deps: LoginDeps,
  regionId: RegionId,
  context: AuthContext,
): Promise<StartedLogin> {
  const region = resolveRegion(regionId, deps.config);
  const progress = context.prompter.progress(`Asking ${providerLabel} for a code`);
  const { server, login } = await requestCode(deps, region, context.signal, (text) => progress.update(text));
  progress.stop();
  const nowMs = deps.clock.nowMs();
  const pending: Pending = {
    region: region.id,
    dialect: server.dialect,
    clientId: server.clientId,
    scope: server.scope,
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
  const progress = context.prompter.progress('Waiting for the approval');
  let told = 'Waiting for the approval';
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
        onPoll: ({ intervalMs }) => {
          pending = { ...pending, intervalMs, lastPollAtMs: clock.nowMs() };
          options.keep(pending);
        },
        onState: (state) => tell(describeState(state)),
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
      });
    }
    throw suggestOtherRegion(error, region);
  } finally {
    progress.stop();
  }
}

const pendingLogin = z.object({
  region: z.enum(['global', 'cn']),
  dialect: z.enum(['account', 'account-cli', 'legacy', 'standard']),
  clientId: z.string(),
  scope: z.string(),
  deviceCode: z.string(),
  userCode: z.string(),
  verificationUrl: z.string(),
  codeVerifier: z.string(),
  expiresAtMs: z.number(),
  intervalMs: z.number(),
  lastPollAtMs: z.number(),
});

type Pending = z.infer<typeof pendingLogin>;

async function finish(
  deps: LoginDeps,
  region: Region,
  { grant, server }: Obtained,
  context: AuthContext,
): Promise<AuthResult> {
  const { credential, notes, belongsTo } = readGrant(grant, region, server, undefined);
  if (belongsTo !== undefined) {
    // Nobody will use it: it is not left alive at the server.
    await revoke(deps, credential, { signal: context.signal }).catch(() => false);
    throw wrongRegion(
      region,
      `${server.host} says that the token is good at the hosts of the ${otherRegion(region).label} site`,
    );
  }
  return {
    profiles: [{ profileId: profileIdFor(region, context), credential }],
    defaultModel,
    notes,
  };
}

/** One login for each region, unless a name is given. */
function profileIdFor(region: Region, context: AuthContext): string {
  const wanted = context.opts['profileId'];
  return typeof wanted === 'string'
    ? wanted
    : `${providerId}:${region.id === 'global' ? 'default' : region.id}`;
}

async function approveDevice(
  deps: LoginDeps,
  region: Region,
  context: AuthContext,
  signal: AbortSignal,
): Promise<Obtained> {
  const { clock, random } = deps;
  const progress = context.prompter.progress(`Asking ${providerLabel} for a code`);
  const { server, login } = await requestCode(deps, region, signal, (text) => progress.update(text));
  progress.stop();
  const prompt = promptFor(login, region, server);
  const display = context.prompter.deviceCode?.(prompt);
  if (display === undefined) {
    context.prompter.note(
      `Open ${prompt.verificationUrl} and approve the code ${prompt.userCode}.`,
      `${providerLabel} ${region.label}`,
    );
  }
  if (prompt.trusted && display?.opensBrowser !== true) void context.openUrl(prompt.verificationUrl);
  try {
    const grant = await awaitApproval(
      {
        client: server.client,
        clock,
        random,
        host: server.host,
        onState: (state) => display?.update(state),
      },
      login,
      signal,
    );
    return { grant, server };
  } finally {
    display?.stop();
  }
}

/** A legacy path that has moved is asked again at its new host, with a fresh verifier: the old body is never re-sent. */
async function requestCode(
  deps: LoginDeps,
  region: Region,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<{ server: OAuthServer; login: PendingLogin }> {
  const { clock, random } = deps;
  const request = async (server: OAuthServer) =>
    startDeviceLogin(
      {
        client: server.client,
        clock,
        random,
        host: server.host,
        onState: (state) => tell(describeState(state)),
      },
      server.scope,
      signal,
    );
  let server = await resolveServer(deps, region, {}, signal);
  let result = await request(server);
  if (
    result.kind === 'redirected' &&
    server.dialect === 'legacy' &&
    isMoveToAccountHost(result.location, region)
  ) {
    server = await resolveServer(deps, region, { dialect: 'account' }, signal);
    result = await request(server);
  }
  if (result.kind === 'pending') return { server, login: result };
  if (result.kind === 'error' && result.error === 'state_mismatch') {
    throw new OpenClawError({
      code: 'LOGIN_REJECTED',
      message: `${server.host} answered with the state of another login.`,
    });
  }
  throw toLoginError(result, server.host);
}

function promptFor(login: PendingLogin, region: Region, server: OAuthServer): DeviceCodePrompt {
  const { url, trusted } = resolveVerificationUrl(login.verificationUrl, region);
  return {
    userCode: cleanText(login.userCode, 64),
    verificationUrl: url,
    trusted,
    expiresInMs: login.expiresInMs,
    regionLabel: region.label,
    host: server.host,
    providerLabel,
  };
}

/** RFC 8252: the browser asks for a code and brings it back to a listener on this machine. */
async function authorize(
  deps: LoginDeps,
  region: Region,
  context: AuthContext,
  signal: AbortSignal,
): Promise<Obtained> {
  const { clock, random } = deps;
  const server = await resolveServer(deps, region, {}, signal);
  const own = context.flow === undefined;
  const listener = own ? await startLoopbackServer({ clock, random }) : await context.flow.loopback();
  let stopDisplay: () => void = () => undefined;
  try {
    const grant = await awaitAuthorization(
      {
        client: server.client,
        listener,
        clock,
        random,
        host: server.host,
        onUrl: ({ authorizationUrl, expiresInMs, paste }) => {
          const url = new URL(authorizationUrl);
          const trusted = isBrowserOrigin(url, region);
          const display = context.prompter.authorization?.({
            authorizationUrl,
            trusted,
            regionLabel: region.label,
            host: server.host,
            providerLabel,
            expiresInMs,
            paste,
          });
          stopDisplay = () => display?.stop();
          if (display !== undefined) return;
          context.prompter.note(`Open ${authorizationUrl}`, `${providerLabel} ${region.label}`);
          if (trusted) void context.openUrl(authorizationUrl);
        },
      },
      server.scope,
      signal,
    );
    if (own) listener.setPhase({ kind: 'saved', profileId: providerId });
    return { grant, server };
  } catch (error) {
    if (own && isOpenClawError(error)) {
      listener.setPhase({ kind: 'failed', message: error.message, remedy: error.remedy });
    }
    throw error;
  } finally {
    stopDisplay();
    if (own) await listener.close();
  }
}

function describeState(state: DeviceFlowState | DeviceStartState): string {
  if (state.kind === 'starting' || state.kind === 'trouble') {
    return `Trouble on the way: ${state.reason}; next try in ${Math.ceil(state.retryInMs / 1000)} s`;
  }
  return 'Waiting for the approval';
}
