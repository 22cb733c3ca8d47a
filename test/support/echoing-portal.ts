// A portal, account host and API host in one, that knows every secret it was ever sent or has ever given, and repeats
// them all in whatever it answers wrongly. Its tokens bear the marks that the sweep looks for.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import { sendJson, startServer, type SeenRequest } from './loopback-server.ts';

/** Answers in the place of the well-behaved portal; `said` are all secrets in one line. */
export type Misbehaviour = (response: ServerResponse, said: string, request: SeenRequest) => void;

export type Endpoint = 'device' | 'poll' | 'refresh' | 'revoke' | 'usage' | 'messages';

export type EchoingPortal = {
  readonly url: string;
  /** For openclaw.json. */
  readonly config: Record<string, unknown>;
  /** From now on, until it is undefined. */
  misbehave(endpoint: Endpoint, how: Misbehaviour | undefined): void;
  /** By name: everything that the portal was sent or gave and that nobody may see. */
  secrets(): Record<string, string>;
  /** How often an endpoint was called. */
  calls(endpoint: Endpoint): number;
};

const token = (kind: 'at' | 'rt'): string => `sim-${kind}-g${randomBytes(39).toString('base64url')}`;

export async function startEchoingPortal(): Promise<EchoingPortal> {
  const secrets = new Map<string, string>();
  const faults = new Map<Endpoint, Misbehaviour>();
  const counts = new Map<Endpoint, number>();
  const remember = (what: string, value: string | null | undefined): void => {
    if (value !== null && value !== undefined && value.length >= 12) secrets.set(value, what);
  };

  const grant = () => {
    const pair = { access_token: token('at'), refresh_token: token('rt') };
    remember('an access token', pair.access_token);
    remember('a refresh token', pair.refresh_token);
    return { status: 'success', ...pair, expired_in: 3_600 };
  };

  const behave: Record<Endpoint, (response: ServerResponse, request: SeenRequest) => void> = {
    device: (response, { body }) =>
      sendJson(response, 200, {
        user_code: 'ABCD-EFGH',
        verification_uri: `${server.url}/approve`,
        expired_in: 300,
        interval: 2_000,
        state: new URLSearchParams(body).get('state'),
      }),
    poll: (response) => sendJson(response, 200, grant()),
    refresh: (response) => sendJson(response, 200, grant()),
    revoke: (response) => void response.writeHead(200).end(),
    usage: (response) => sendJson(response, 200, { base_resp: { status_code: 0 }, model_remains: [] }),
    messages: (response) =>
      sendJson(response, 200, {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'MiniMax-M3',
        content: [{ type: 'text', text: 'hello' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 1, output_tokens: 1 },
      }),
  };

  const server = await startServer((request, response) => {
    const endpoint = endpointOf(request);
    counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1);
    rememberSent(request, remember);
    const fault = faults.get(endpoint);
    if (fault === undefined) behave[endpoint](response, request);
    else fault(response, [...secrets.keys()].join(' '), request);
  });
  onTestFinished(() => server.close());

  const urls = { accountUrl: server.url, apiUrl: server.url };
  const settings = { allowLoopbackHttp: true, regions: { global: urls } };
  return {
    url: server.url,
    config: { plugins: { entries: { 'minimax-portal-auth': { enabled: true, config: settings } } } },
    misbehave(endpoint, how) {
      if (how === undefined) faults.delete(endpoint);
      else faults.set(endpoint, how);
    },
    secrets: () =>
      Object.fromEntries([...secrets].map(([value, what], index) => [`${what} (${index})`, value])),
    calls: (endpoint) => counts.get(endpoint) ?? 0,
  };
}

function endpointOf({ url, body }: SeenRequest): Endpoint {
  if (url.includes('/device/code')) return 'device';
  if (url.includes('/revoke')) return 'revoke';
  if (url.includes('/remains')) return 'usage';
  if (url.includes('/messages')) return 'messages';
  return body.includes('grant_type=refresh_token') ? 'refresh' : 'poll';
}

function rememberSent(
  { headers, body }: { headers: IncomingMessage['headers']; body: string },
  remember: (what: string, value: string | null | undefined) => void,
): void {
  const form = new URLSearchParams(body);
  remember('the verifier', form.get('code_verifier'));
  remember('a refresh token', form.get('refresh_token'));
  remember('the state', form.get('state'));
  remember('a bearer token', headers.authorization?.replace(/^Bearer /, ''));
  remember('an API key', String(headers['x-api-key'] ?? ''));
}

/** The usual ways in which servers answer wrongly, all of them talkative. */
export const misbehaviours = {
  oauthError:
    (error: string, status = 400): Misbehaviour =>
    (response, said) =>
      sendJson(response, status, {
        error,
        error_description: `refused ${said}`,
        error_uri: `https://x/${said}`,
      }),
  serverError: ((response, said) => {
    response.writeHead(500, { 'content-type': 'text/html', 'x-echo': said.slice(0, 4_000) });
    response.end(`<title>${said}</title>`);
  }) satisfies Misbehaviour,
  apiError:
    (status: number): Misbehaviour =>
    (response, said) =>
      sendJson(response, status, { type: 'error', error: { type: 'x', message: `you sent ${said}` } }),
  redirect: ((response, said) =>
    void response
      .writeHead(307, {
        location: `https://other.example/${encodeURIComponent(said.slice(-100))}?t=${encodeURIComponent(said.slice(-100))}`,
      })
      .end(said)) satisfies Misbehaviour,
  halfGrant: ((response, said) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`{"status":"success","access_token":"${said}","refresh_token":"${said.slice(0, 40)}`);
  }) satisfies Misbehaviour,
  oddGrant: ((response, said) =>
    sendJson(response, 200, {
      status: 'success',
      access_token: { value: said },
      scope: said,
      message: said,
    })) satisfies Misbehaviour,
  talkativeGrant: ((response, said, request) => {
    const pair = { access_token: `sim-at-g${'x1'.repeat(26)}`, refresh_token: `sim-rt-g${'y2'.repeat(26)}` };
    sendJson(response, 200, {
      ...pair,
      status: 'success',
      expired_in: 3_600,
      notification_message: `welcome, ${said} ${Object.values(pair).join(' ')} ${request.body}`,
      resource_url: `https://other.example/?token=${pair.access_token}`,
      scope: pair.access_token,
    });
  }) satisfies Misbehaviour,
};
