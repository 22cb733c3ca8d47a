// `oidc-provider` on loopback, software that knows nothing of this program: one public native client, consent given by
// itself, ES256. And a browser's part by hand, up to where it is sent back to the client.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Provider, type Adapter } from 'oidc-provider';

const accountId = 'someone';

export type OidcServer = {
  readonly issuer: string;
  /** Method and path of each request, in order. */
  readonly requests: readonly string[];
  /** What it said to itself of token requests that it refused. */
  readonly grantErrors: readonly string[];
  readonly serverErrors: readonly string[];
  readonly stop: () => Promise<void>;
};

export type OidcServerOptions = {
  clientId: string;
  redirectUri: string;
  scope: string;
  accessTtlS: number;
  rotateRefreshToken?: boolean;
  onGrantError?: (detail: string) => void;
};

export async function startOidcServer(options: OidcServerOptions): Promise<OidcServer> {
  let handler: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  const requests: string[] = [];
  const grantErrors: string[] = [];
  const serverErrors: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${new URL(request.url ?? '', 'http://x').pathname}`);
    handler(request, response);
  });
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = createProvider(issuer, options);
  provider.on('grant.error', (_context, error) => {
    const { error_detail: detail } = error as Error & { error_detail?: string };
    grantErrors.push(detail ?? error.message);
    options.onGrantError?.(detail ?? error.message);
  });
  provider.on('server_error', (_context, error) => serverErrors.push(error.message));
  const callback = provider.callback();
  handler = (request, response) => {
    const answered = request.url?.startsWith('/interaction/')
      ? consent(provider, options, request, response)
      : callback(request, response);
    answered.catch((error: unknown) => {
      serverErrors.push(String(error));
      response.destroy();
    });
  };
  return {
    issuer,
    requests,
    grantErrors,
    serverErrors,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Follows redirects with its cookies until it is sent away from `start`'s origin; resolves with where to. */
export async function followToClient(start: URL): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = start;
  for (let hops = 0; url.origin === start.origin; hops += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    const location = response.headers.get('location');
    if (location === null || hops > 10) {
      throw new Error(`the login ended at ${url.pathname}: HTTP ${response.status} ${await response.text()}`);
    }
    await response.body?.cancel();
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';', 1)[0] ?? '').split(/=(.*)/, 2);
      cookies.set(name, value);
    }
    url = new URL(location, url);
  }
  return url;
}

function createProvider(issuer: string, options: OidcServerOptions): Provider {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return new Provider(issuer, {
    adapter: createAdapter(),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] },
    cookies: { keys: ['loopback'] },
    clients: [
      {
        client_id: options.clientId,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: [options.redirectUri],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    rotateRefreshToken: options.rotateRefreshToken ?? true,
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
    features: { devInteractions: { enabled: false } },
    interactions: {
      url: (_context: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}`,
    },
    ttl: {
      AccessToken: options.accessTtlS,
      AuthorizationCode: 60,
      Grant: 86_400,
      IdToken: 60,
      Interaction: 60,
      RefreshToken: 86_400,
      Session: 86_400,
    },
  });
}

async function consent(
  provider: Provider,
  { clientId, scope }: OidcServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope(scope);
  const grantId = await grant.save();
  await provider.interactionFinished(request, response, { login: { accountId }, consent: { grantId } });
}

/** Its own memory adapter forgets after a thousand entries; this one forgets nothing. */
function createAdapter(): (model: string) => Adapter {
  const rows = new Map<string, Parameters<Adapter['upsert']>[1]>();
  return (model) => {
    const key = (id: string): string => `${model}:${id}`;
    const search = (name: 'uid' | 'userCode', value: string) =>
      [...rows].find(([each, row]) => each.startsWith(`${model}:`) && row[name] === value)?.[1];
    return {
      upsert: async (id, payload) => void rows.set(key(id), payload),
      find: async (id) => rows.get(key(id)),
      findByUid: async (uid) => search('uid', uid),
      findByUserCode: async (userCode) => search('userCode', userCode),
      async consume(id) {
        const row = rows.get(key(id));
        if (row !== undefined) row.consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async (id) => void rows.delete(key(id)),
      async revokeByGrantId(grantId) {
        for (const [each, row] of rows) if (row.grantId === grantId) rows.delete(each);
      },
    };
  };
}
