// A plain and well-behaved HTTP client of the portal simulator, one call a function, written from the protocol alone.
// It waits for nothing and retries nothing: tests say what happens when.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createSimulator } from '../../extensions/minimax-portal-auth/simulator/simulator.ts';
import type {
  Simulator,
  SimulatorOptions,
} from '../../extensions/minimax-portal-auth/simulator/simulator.ts';
import { createFakeSimulatorClock } from './fake-simulator-clock.ts';
import type { FakeSimulatorClock } from './fake-simulator-clock.ts';

export const OPENCLAW_CLIENT = {
  id: '78257093-7e40-4613-99e0-527b14b39113',
  scope: 'group_id profile model.completion',
  grantType: 'urn:ietf:params:oauth:grant-type:user_code',
};
export const VENDOR_CLIENT = {
  id: '659cf4c1-615c-45f6-a5f6-4bf15eb476e5',
  scope: 'openid profile coding_plan',
  grantType: 'urn:ietf:params:oauth:grant-type:device_code',
};

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; an empty object when it is none. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface TokenPair {
  readonly access: string;
  readonly refresh: string;
}

export interface Login {
  readonly userCode: string;
  readonly verifier: string;
  readonly state: string;
  readonly challenge: string;
  readonly answer: Answer;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

export async function call(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parseObject(text) };
}

export function postForm(
  url: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return call(url, {
    method: 'POST',
    headers: { accept: 'application/json', 'x-request-id': randomUUID(), ...headers },
    body: new URLSearchParams(form),
  });
}

export function pkcePair(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

export interface PortalCaller {
  readonly simulator: Simulator;
  readonly clock: FakeSimulatorClock;
  readonly accountUrl: string;
  readonly apiUrl: string;
  /** Opens a device login; members of `change` replace or (when undefined) remove a parameter. */
  readonly openLogin: (change?: Record<string, string | undefined>, path?: string) => Promise<Login>;
  readonly poll: (login: Login, change?: Record<string, string>, path?: string) => Promise<Answer>;
  readonly refresh: (refreshToken: string, change?: Record<string, string>) => Promise<Answer>;
  /** A whole login: opened, approved, fetched. */
  readonly logIn: () => Promise<TokenPair>;
  readonly message: (token: string | undefined, change?: Record<string, unknown>) => Promise<Answer>;
  readonly rules: () => string[];
}

/** The pair in a grant; fails loudly when there is none. */
export function tokensOf(answer: Answer): TokenPair {
  const { access_token: access, refresh_token: refresh } = answer.json;
  if (typeof access !== 'string' || typeof refresh !== 'string') {
    throw new Error(`not a grant: HTTP ${answer.status}`);
  }
  return { access, refresh };
}

/** A started simulator under a fake clock, with a caller for it. Stop `simulator` afterwards. */
export async function createPortalCaller(options: SimulatorOptions = {}): Promise<PortalCaller> {
  const clock = createFakeSimulatorClock();
  const simulator = createSimulator({ clock, ...options });
  const { accountUrl, apiUrl } = await simulator.start();

  async function openLogin(
    change: Record<string, string | undefined> = {},
    path = `${accountUrl}/oauth2/device/code`,
  ): Promise<Login> {
    const { verifier, challenge } = pkcePair();
    const state = randomBytes(16).toString('base64url');
    const form = {
      client_id: OPENCLAW_CLIENT.id,
      scope: OPENCLAW_CLIENT.scope,
      response_type: 'code',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      state,
      ...change,
    };
    const given = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const answer = await postForm(path, Object.fromEntries(given));
    const userCode = typeof answer.json['user_code'] === 'string' ? answer.json['user_code'] : '';
    return { userCode, verifier, state, challenge, answer };
  }

  function poll(login: Login, change = {}, path = `${accountUrl}/oauth2/token`): Promise<Answer> {
    return postForm(path, {
      grant_type: OPENCLAW_CLIENT.grantType,
      client_id: OPENCLAW_CLIENT.id,
      user_code: login.userCode,
      code_verifier: login.verifier,
      ...change,
    });
  }

  return {
    simulator,
    clock,
    accountUrl,
    apiUrl,
    openLogin,
    poll,
    refresh: (refreshToken, change = {}) =>
      postForm(`${accountUrl}/oauth2/token`, {
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        client_id: OPENCLAW_CLIENT.id,
        ...change,
      }),
    async logIn() {
      const login = await openLogin();
      simulator.control.approve(login.userCode);
      return tokensOf(await poll(login));
    },
    message: (token, change = {}) =>
      call(`${apiUrl}/anthropic/v1/messages`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'anthropic-version': '2023-06-01',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}`, 'x-api-key': token }),
        },
        body: JSON.stringify({
          model: 'MiniMax-M3',
          max_tokens: 64,
          messages: [{ role: 'user', content: 'hello' }],
          ...change,
        }),
      }),
    rules: () => simulator.control.state().violations.map((violation) => violation.rule),
  };
}
