// The servers at which one and the same device flow logs in: the portal simulator in its dialects, `oidc-provider`, and
// `better-auth`. For each: where its endpoints are, how its dialect is spoken, and how a person approves there.
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { deviceAuthorization } from 'better-auth/plugins';
import { Provider } from 'oidc-provider';
import { clients, createDialect, type DialectName } from '../../extensions/minimax-portal-auth/dialect.ts';
import { resolveRegion } from '../../extensions/minimax-portal-auth/region.ts';
import { createSimulator } from '../../extensions/minimax-portal-auth/simulator/simulator.ts';
import type { Dialect } from '../../src/oauth/dialect.ts';
import { createStandardDialect } from '../../src/oauth/standard-dialect.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { Fetch } from '../../src/platform/fetch.ts';

export type DeviceServer = {
  /** Where its own door is. */
  url: string;
  clientId: string;
  scope: string;
  /** Parts of the paths of its two endpoints. */
  devicePath: string;
  tokenPath: string;
  /** As seen through a door at `url`. */
  dialect(url: string): Dialect;
  /** What its client must do that the standard does not know. */
  adapt(fetch: Fetch): Fetch;
  approve(userCode: string): Promise<void>;
  deny(userCode: string): Promise<void>;
  /** What the server holds against its client. */
  complaints(): readonly unknown[];
  forget(): void;
  stop(): Promise<void>;
};

const clientId = 'openclaw';
const asIs = (fetch: Fetch): Fetch => fetch;

export async function startSimulator(clock: Clock, name: DialectName): Promise<DeviceServer> {
  const simulator = createSimulator({
    clock,
    legacy: 'serve',
    pendingStyle: name === 'account' ? 'status' : 'rfc',
  });
  const addresses = await simulator.start();
  const { clientId: id, scope } = clients[name];
  return {
    url: name === 'legacy' ? addresses.apiUrl : addresses.accountUrl,
    clientId: id,
    scope,
    devicePath: '/code',
    tokenPath: '/token',
    dialect: (url) => {
      const config = { allowLoopbackHttp: true, regions: { global: { accountUrl: url, apiUrl: url } } };
      return createDialect(name, resolveRegion('global', config));
    },
    adapt: asIs,
    approve: async (userCode) => simulator.control.approve(userCode),
    deny: async (userCode) => simulator.control.deny(userCode),
    complaints: () => simulator.control.state().violations,
    forget: () => simulator.control.reset(),
    stop: () => simulator.stop(),
  };
}

/** It never sends slow_down by itself: here something in front of it does, for less than 5 s from start to start. */
export async function startOidcProvider(): Promise<DeviceServer> {
  const troubles: string[] = [];
  const polledAtMs = new Map<string, number>();
  let callback: ReturnType<Provider['callback']> | undefined;
  let provider: Provider | undefined;
  const { url, stop } = await listen((request, response) => {
    void (async () => {
      if (request.url?.startsWith('/interaction/') && provider !== undefined) {
        await consent(provider, request, response);
        return;
      }
      if (request.url === '/token' && (await isTooFast(request, polledAtMs))) {
        troubles.push('polled too fast');
        response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"slow_down"}');
        return;
      }
      await callback?.(request, response);
    })().catch((error: unknown) => {
      troubles.push(String(error));
      response.destroy();
    });
  });
  provider = new Provider(url, {
    cookies: { keys: ['device'] },
    clients: [
      {
        client_id: clientId,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
        response_types: [],
        redirect_uris: [],
      },
    ],
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
    features: { devInteractions: { enabled: false }, deviceFlow: { enabled: true } },
    interactions: {
      url: (_context: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}`,
    },
    // One that is not asked about such things keeps what it is told to.
    issueRefreshToken: () => true,
    ttl: {
      AccessToken: 900,
      DeviceCode: 600,
      Grant: 3_600,
      IdToken: 60,
      Interaction: 600,
      RefreshToken: 3_600,
      Session: 3_600,
    },
  });
  provider.on('server_error', (_context, error) => troubles.push(error.message));
  callback = provider.callback();
  return {
    url,
    clientId,
    scope: 'openid offline_access',
    devicePath: '/device/auth',
    tokenPath: '/token',
    dialect: (at) =>
      createStandardDialect({ deviceAuthorizationUrl: `${at}/device/auth`, tokenUrl: `${at}/token` }),
    adapt: asIs,
    approve: (userCode) => browse(url, userCode, 'confirm'),
    deny: (userCode) => browse(url, userCode, 'abort'),
    complaints: () => troubles,
    forget: () => void troubles.splice(0),
    stop,
  };
}

/** Its endpoint for tokens wants JSON, where RFC 8628 section 3.4 has a form: the difference is made good here. */
export async function startBetterAuth(): Promise<DeviceServer> {
  let handler: RequestListener = () => undefined;
  const { url, stop } = await listen((request, response) => handler(request, response));
  const auth = betterAuth({
    baseURL: url,
    secret: 'a secret of the test alone, of no worth',
    database: memoryAdapter({
      user: [],
      session: [],
      account: [],
      verification: [],
      deviceCode: [],
      rateLimit: [],
    }),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    plugins: [deviceAuthorization({ interval: '5s', expiresIn: '10m' })],
  });
  const answer = toNodeHandler(auth);
  handler = (request, response) => void answer(request, response);
  const person = await auth.api.signUpEmail({
    body: { email: 'someone@example.com', password: 'a password of no worth', name: 'Someone' },
    returnHeaders: true,
  });
  const cookie = person.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
  const headers = new Headers({ cookie, origin: url });
  return {
    url,
    clientId,
    scope: 'profile',
    devicePath: '/api/auth/device/code',
    tokenPath: '/api/auth/device/token',
    dialect: (at) =>
      createStandardDialect({
        deviceAuthorizationUrl: `${at}/api/auth/device/code`,
        tokenUrl: `${at}/api/auth/device/token`,
      }),
    adapt: (fetch) =>
      Object.assign(
        (target: string, init: Parameters<Fetch>[1]) =>
          fetch(target, {
            ...init,
            headers: { ...init?.headers, 'content-type': 'application/json' },
            body: JSON.stringify(Object.fromEntries(new URLSearchParams(init?.body))),
          }),
        fetch.proxyFor === undefined ? {} : { proxyFor: fetch.proxyFor },
      ),
    async approve(userCode) {
      await auth.api.deviceVerify({ query: { user_code: userCode }, headers });
      await auth.api.deviceApprove({ body: { userCode }, headers });
    },
    async deny(userCode) {
      await auth.api.deviceVerify({ query: { user_code: userCode }, headers });
      await auth.api.deviceDeny({ body: { userCode }, headers });
    },
    complaints: () => [],
    forget: () => undefined,
    stop,
  };
}

async function listen(handler: RequestListener): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = createServer(handler);
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Reads the form ahead of the provider, which takes a body that was parsed already. */
async function isTooFast(request: IncomingMessage, polledAtMs: Map<string, number>): Promise<boolean> {
  const form = Object.fromEntries(new URLSearchParams(await text(request)));
  Object.assign(request, { body: form });
  const code = form['device_code'] ?? '';
  const beforeMs = polledAtMs.get(code) ?? Number.NEGATIVE_INFINITY;
  polledAtMs.set(code, Date.now());
  return Date.now() - beforeMs < 5_000;
}

const accountId = 'someone';

async function consent(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope('openid offline_access');
  const grantId = await grant.save();
  await provider.interactionFinished(request, response, { login: { accountId }, consent: { grantId } });
}

/** A browser's part by hand: the page for the code, the page that asks to confirm, and the redirects that follow. */
async function browse(issuer: string, userCode: string, decision: 'confirm' | 'abort'): Promise<void> {
  const cookies = new Map<string, string>();
  const visit = async (url: URL, form?: Record<string, string>): Promise<string> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';', 1)[0] ?? '').split(/=(.*)/, 2);
      cookies.set(name, value);
    }
    const page = await response.text();
    const location = response.headers.get('location');
    return location === null ? page : visit(new URL(location, url));
  };
  const device = new URL('/device', issuer);
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(await visit(device))?.[1] ?? '';
  const confirm = await visit(device, { xsrf, user_code: userCode });
  if (!confirm.includes(userCode)) throw new Error(`no page to confirm the code: ${confirm.slice(0, 200)}`);
  const end = await visit(device, { xsrf, user_code: userCode, [decision]: 'yes' });
  const wanted = decision === 'confirm' ? 'Sign-in Success' : 'interrupted';
  if (!end.includes(wanted)) throw new Error(`the approval ended elsewhere: ${end.slice(0, 200)}`);
}
