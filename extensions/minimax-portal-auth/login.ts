// Logging in to MiniMax in one process: the device flow, and the redirect flow where a region has it, with the person
// free to take the other one. What the credential is kept in, and when it is refreshed, is the host's.
import {
  awaitApproval,
  awaitAuthorization,
  isOpenClawError,
  startLoopbackServer,
  type AuthContext,
  type AuthResult,
} from '../../src/plugin-sdk/index.ts';
import { askForCode, promptFor, providerLabel } from './device-code.ts';
import { providerId } from './grant.ts';
import { finish, type Obtained } from './login-result.ts';
import { hasRedirectFlow, resolveServer, type LoginDeps } from './oauth-server.ts';
import { isBrowserOrigin, resolveRegion, type Region, type RegionId } from './region.ts';
import { untilSwitch, untilSwitchIsOver } from './switch-signals.ts';
import { suggestOtherRegion } from './wrong-region.ts';

/** Follows the person from one flow to the other as often as they switch. */
export async function logIn(deps: LoginDeps, regionId: RegionId, context: AuthContext): Promise<AuthResult> {
  const region = resolveRegion(regionId, deps.config);
  const { flow } = context;
  for (;;) {
    const turn = hasRedirectFlow(region) ? flow?.turn() : undefined;
    const isLoopback = (flow?.current() ?? (context.isRemote ? 'device' : 'loopback')) === 'loopback';
    const obtain = isLoopback && hasRedirectFlow(region) ? authorize : approveDevice;
    let obtained: Obtained;
    try {
      obtained = await obtain(deps, region, context, turn);
    } catch (error) {
      // Ctrl-C outweighs the switch before it, whose reason is what is thrown then.
      context.signal.throwIfAborted();
      if (turn?.aborted !== true) throw suggestOtherRegion(error, region);
      continue;
    }
    return finish(deps, region, obtained, context);
  }
}

async function approveDevice(
  deps: LoginDeps,
  region: Region,
  context: AuthContext,
  turn: AbortSignal | undefined,
): Promise<Obtained> {
  const { clock, random } = deps;
  const signal = untilSwitch(context, turn);
  const { server, login } = await askForCode(deps, region, context, signal);
  const prompt = promptFor(login, region, server);
  const display = context.prompter.deviceCode?.(prompt);
  if (display === undefined) {
    context.prompter.note(
      `Open ${prompt.verificationUrl} and approve the code ${prompt.userCode}.`,
      `${providerLabel} ${region.label}`,
    );
  }
  if (prompt.trusted && display?.opensBrowser !== true) void context.openUrl(prompt.verificationUrl);
  const stopDisplay = (): void => display?.stop();
  signal.addEventListener('abort', stopDisplay, { once: true });
  try {
    const grant = await awaitApproval(
      {
        client: server.client,
        clock,
        random,
        host: server.host,
        onState: (state) => display?.update(state),
        requestSignal: untilSwitchIsOver(context, turn, clock),
      },
      login,
      signal,
    );
    return { grant, server };
  } finally {
    signal.removeEventListener('abort', stopDisplay);
    stopDisplay();
  }
}

/** RFC 8252: the browser asks for a code and brings it back to a listener on this machine. */
async function authorize(
  deps: LoginDeps,
  region: Region,
  context: AuthContext,
  turn: AbortSignal | undefined,
): Promise<Obtained> {
  const { clock, random } = deps;
  const signal = untilSwitch(context, turn);
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
          signal.addEventListener('abort', stopDisplay, { once: true });
          if (display !== undefined) return;
          context.prompter.note(`Open ${authorizationUrl}`, `${providerLabel} ${region.label}`);
          if (trusted) void context.openUrl(authorizationUrl);
        },
        // The one answer has come: the other way is too late.
        requestSignal: context.signal,
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
    signal.removeEventListener('abort', stopDisplay);
    stopDisplay();
    if (own) await listener.close();
  }
}
