// The code of a device login: asking a region's server for one, in the dialect that it really has, and what is shown of
// it. Waiting for the approval is for those who asked.
import {
  OpenClawError,
  cleanText,
  fillText,
  startDeviceLogin,
  textsOf,
  toLoginError,
  type AuthContext,
  type DeviceCodePrompt,
  type DeviceFlowState,
  type DeviceStartState,
  type PendingLogin,
} from '../../src/plugin-sdk/index.ts';
import { isMoveToAccountHost } from './dialect.ts';
import { resolveServer, type LoginDeps, type OAuthServer } from './oauth-server.ts';
import { resolveVerificationUrl, type Region } from './region.ts';

export const providerLabel = 'MiniMax';

/** Rejects with what ends a login before it has a code. */
export async function askForCode(
  deps: LoginDeps,
  region: Region,
  context: AuthContext,
  signal: AbortSignal,
): Promise<{ server: OAuthServer; login: PendingLogin }> {
  const label = fillText(textsFor(context).asking, { provider: providerLabel });
  const progress = context.prompter.progress(label);
  try {
    return await requestCode(deps, region, signal, (state) => progress.update(describeState(state, context)));
  } finally {
    progress.stop();
  }
}

/** A legacy path that has moved is asked again at its new host, with a fresh verifier: the old body is never re-sent. */
async function requestCode(
  deps: LoginDeps,
  region: Region,
  signal: AbortSignal,
  tell: (state: DeviceStartState) => void,
): Promise<{ server: OAuthServer; login: PendingLogin }> {
  const { clock, random } = deps;
  const request = async (server: OAuthServer) =>
    startDeviceLogin(
      {
        client: server.client,
        clock,
        random,
        host: server.host,
        onState: tell,
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

export function promptFor(login: PendingLogin, region: Region, server: OAuthServer): DeviceCodePrompt {
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

export function textsFor(context: AuthContext): ReturnType<typeof textsOf> {
  return textsOf(context.locale ?? 'en');
}

export function describeState(state: DeviceFlowState | DeviceStartState, context: AuthContext): string {
  const texts = textsFor(context);
  if (state.kind !== 'starting' && state.kind !== 'trouble') return texts.pageWaiting;
  const retry = fillText(texts.unitSeconds, { n: Math.ceil(state.retryInMs / 1000) });
  return fillText(texts.starting, { reason: state.reason, retry });
}
