// What of a token answer becomes a grant, in the standard's dialect and in MiniMax's.
import { describe, expect, it } from 'vitest';
import { createDialect } from '../../extensions/minimax-portal-auth/dialect.ts';
import { readGrant } from '../../extensions/minimax-portal-auth/grant.ts';
import { resolveRegion, resolveResourceUrl } from '../../extensions/minimax-portal-auth/region.ts';
import { createOAuthClient } from '../../src/oauth/oauth-client.ts';
import { createStandardDialect } from '../../src/oauth/standard-dialect.ts';
import type { FetchInit } from '../../src/platform/fetch.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeRandom } from '../support/fake-random.ts';

const region = resolveRegion('global', {});
const dialects = [
  createDialect('account', region),
  createStandardDialect({
    deviceAuthorizationUrl: 'https://account.minimax.io/device',
    tokenUrl: 'https://account.minimax.io/token',
  }),
] as const;

const login = {
  deviceCode: 'device-code',
  userCode: 'ABCD-EFGH',
  verificationUrl: 'https://platform.minimax.io/x',
  codeVerifier: new Secret('v'.repeat(43)),
  expiresInMs: 60_000,
  intervalMs: 5_000,
};

async function poll(dialect: (typeof dialects)[number], body: Record<string, unknown>) {
  const sent: { url: string; init: FetchInit | undefined }[] = [];
  const client = createOAuthClient({
    dialect,
    clientId: 'the-client',
    fetch: async (url, init) => {
      sent.push({ url, init });
      return Response.json(body);
    },
    clock: createFakeClock(),
    random: createFakeRandom(),
    allowLoopbackHttp: false,
  });
  return { result: await client.poll(login), sent };
}

const tokens = { access_token: 'at', refresh_token: 'rt', token_type: 'Bearer', expires_in: 900 };

describe.each(dialects.map((dialect) => [dialect.name, dialect] as const))('%s', (_name, dialect) => {
  it('K1: a poll is a POST of a form with the client in it, and no secret in the URL', async () => {
    const { sent } = await poll(dialect, tokens);
    const form = new URLSearchParams(sent[0]?.init?.body);
    expect(sent[0]?.init?.method).toBe('POST');
    expect(sent[0]?.url).toBe(dialect.tokenUrl);
    expect(form.get('client_id')).toBe('the-client');
    expect(form.get('grant_type')).toBe(dialect.pollGrantType);
    expect(form.get('code_verifier')).toBe('v'.repeat(43));
    expect([...new Set(form.keys())]).toHaveLength([...form.keys()].length);
    expect(sent[0]?.init?.headers).not.toHaveProperty('authorization');
  });

  it.each([
    ['a line break', 'a\nb'],
    ['a carriage return', 'a\r\nx-injected: 1'],
    ['a space', 'a b'],
    ['a letter beyond ASCII', 'tokén'],
    ['an escape', 'a\u001b[2J'],
    ['a delete', 'a\u007f'],
    ['a bidi mark', 'a\u202eb'],
    ['more than 16 KiB', 'x'.repeat(16 * 1024 + 1)],
  ])('K5: a token with %s is no token', async (_what, token) => {
    for (const member of ['access_token', 'refresh_token']) {
      const { result } = await poll(dialect, { ...tokens, [member]: token });
      expect(result.kind).toBe('trouble');
      expect(JSON.stringify(result)).not.toContain(token.slice(0, 40));
    }
  });

  it.each([['a'], ['!~'], ['x'.repeat(16 * 1024)]])(
    'K5: any printable ASCII up to 16 KiB is (%#)',
    async (token) => {
      const { result } = await poll(dialect, { ...tokens, access_token: token });
      expect(result.kind === 'granted' && result.grant.accessToken.reveal()).toBe(token);
    },
  );

  it('K6: members that nobody knows are ignored', async () => {
    const more = {
      id: 7,
      profile: { name: 'x' },
      access_tokens: ['y'],
      Access_Token: 'z',
      ['__proto__']: [],
    };
    const { result } = await poll(dialect, { ...more, ...tokens });
    expect(result.kind === 'granted' && result.grant.accessToken.reveal()).toBe('at');
    expect(result.kind === 'granted' && result.grant.extra).toEqual({});
  });

  it.each([
    ['profile', ['group_id']],
    ['profile group_id', []],
    ['profile group_id more', []],
    [undefined, []],
  ])('K7: where %s is granted of what was asked, what is missing is told', async (scope, missing) => {
    const { result } = await poll(dialect, { ...tokens, scope });
    if (result.kind !== 'granted') throw new Error(`not granted: ${result.kind}`);
    expect(result.grant.scope).toBe(scope);
    const server = { dialect: 'account' as const, clientId: 'c', scope: 'group_id profile' };
    const { notes } = readGrant(result.grant, region, server, undefined);
    expect(notes).toEqual(
      missing.map((name) => expect.stringMatching(`less than was asked.*${name}`) as string),
    );
  });

  it.each([
    ['a list', ['at']],
    ['an object', { value: 'at' }],
    ['a number', 5],
    ['nothing', ''],
    ['null', null],
  ])('K5: %s is no token either', async (_what, token) => {
    const { result } = await poll(dialect, { ...tokens, access_token: token });
    expect(result.kind).toBe('trouble');
  });

  it.each([
    ['authorization_pending', 'authorization_pending'],
    ['slow_down', 'slow_down'],
    ['access_denied', 'access_denied'],
    ['expired_token', 'expired_token'],
  ])('D10: %s inside HTTP 200 is what it says, also beside a token', async (error, expected) => {
    expect((await poll(dialect, { error })).result).toMatchObject({ kind: 'error', error: expected });
    expect((await poll(dialect, { ...tokens, error })).result).toMatchObject({ error: expected });
  });
});

it('K8: resource_url counts only for the region’s own hosts, over https', () => {
  const good = 'https://api.minimax.io/anthropic';
  const cases: [string, string | undefined][] = [
    ['https://api.minimax.io', good],
    ['https://api.minimax.io/anthropic', good],
    ['https://api.minimax.io/anthropic/v1', good],
    ['https://API.minimax.io:443/', good],
    ['http://api.minimax.io', undefined],
    ['https://api.minimax.io:8443', undefined],
    ['https://api.minimaxi.com', undefined],
    ['https://api.minimax.io.evil.example', undefined],
    ['https://evil.example/api.minimax.io', undefined],
    ['https://user:pw@api.minimax.io', undefined],
    ['https://api.minimax.io@evil.example', undefined],
    ['javascript:alert(1)', undefined],
    ['//api.minimax.io', undefined],
    ['', undefined],
  ];
  expect(cases.map(([url]) => resolveResourceUrl(url, region))).toEqual(cases.map(([, wanted]) => wanted));
});
