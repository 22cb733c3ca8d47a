// One authorization code flow in a test: a real listener, the flow that waits for its answer, and what it asked the
// person to open. Call `stop` at the end.
import { awaitAuthorization, type ShownAuthorization } from '../../src/oauth/code-flow.ts';
import type { Dialect } from '../../src/oauth/dialect.ts';
import { startLoopbackServer, type LoopbackServer } from '../../src/oauth/loopback-server.ts';
import { createOAuthClient, type Grant, type OAuthClient } from '../../src/oauth/oauth-client.ts';
import { systemClock, type Clock } from '../../src/platform/clock.ts';
import { createFetch, type Fetch } from '../../src/platform/fetch.ts';
import { systemRandom } from '../../src/platform/random.ts';

export type CodeFlowStage = {
  readonly listener: LoopbackServer;
  readonly grant: Promise<Grant>;
  readonly interrupt: AbortController;
  readonly paste: ShownAuthorization['paste'];
  readonly url: URL;
};

export async function beginCodeFlow(
  client: Pick<OAuthClient, 'startAuthorization' | 'redeem'>,
  scope: string,
  clock: Clock = systemClock,
): Promise<CodeFlowStage> {
  const listener = await startLoopbackServer({ clock: systemClock, random: systemRandom });
  const interrupt = new AbortController();
  let show: (shown: ShownAuthorization) => void = () => undefined;
  const shown = new Promise<ShownAuthorization>((resolve) => {
    show = resolve;
  });
  const grant = awaitAuthorization(
    { client, listener, clock, random: systemRandom, host: 'login.example', onUrl: (what) => show(what) },
    scope,
    interrupt.signal,
  );
  grant.catch(() => undefined);
  const { authorizationUrl, paste } = await Promise.race([shown, grant.then(() => shown)]);
  return { listener, grant, interrupt, paste, url: new URL(authorizationUrl) };
}

export function createLoopbackClient(dialect: Dialect, clientId: string, fetch: Fetch): OAuthClient {
  return createOAuthClient({
    dialect,
    clientId,
    fetch,
    clock: systemClock,
    random: systemRandom,
    allowLoopbackHttp: true,
  });
}

/** Keeps the form of each request to a token endpoint. */
export function createWatchedFetch(): { fetch: Fetch; forms: URLSearchParams[] } {
  const real = createFetch({});
  const forms: URLSearchParams[] = [];
  return {
    forms,
    fetch(url, init) {
      if (init?.body !== undefined) forms.push(new URLSearchParams(init.body));
      return real(url, init);
    },
  };
}
