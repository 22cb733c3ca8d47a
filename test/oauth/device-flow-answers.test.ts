// What the client makes of a device authorization answer, in the standard's dialect and in MiniMax's: defaults, bounds,
// clocks that are wrong.
import { describe, expect, it } from 'vitest';
import { createDialect } from '../../extensions/minimax-portal-auth/dialect.ts';
import { resolveRegion } from '../../extensions/minimax-portal-auth/region.ts';
import type { Dialect } from '../../src/oauth/dialect.ts';
import { createOAuthClient } from '../../src/oauth/oauth-client.ts';
import { createStandardDialect } from '../../src/oauth/standard-dialect.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeRandom } from '../support/fake-random.ts';

const nowMs = 1_782_879_000_000;
const hourMs = 3_600_000;

const minimax = createDialect('account', resolveRegion('global', {}));
const standard = createStandardDialect({
  deviceAuthorizationUrl: 'https://server.example/device',
  tokenUrl: 'https://server.example/token',
});

/** `members` as text, since JSON has numbers that JavaScript does not write. */
async function start(dialect: Dialect, members: string, options: { date?: string; status?: number } = {}) {
  const client = createOAuthClient({
    dialect,
    clientId: 'c',
    fetch: async (_, init) => {
      const state = new URLSearchParams(init?.body).get('state') ?? '';
      const common =
        dialect === minimax
          ? `"user_code":"tue3-FX ng","verification_uri":"https://platform.minimax.io/x"`
          : `"device_code":"dc","user_code":"tue3-FX ng","verification_uri":"https://server.example/x"`;
      const own = members.includes('"state"') || dialect === standard ? '' : `,"state":"${state}"`;
      return new Response(`{${common}${own}${members === '' ? '' : `,${members}`}}`, {
        status: options.status ?? 200,
        headers: {
          'content-type': 'application/json',
          ...(options.date === undefined ? {} : { date: options.date }),
        },
      });
    },
    clock: createFakeClock(nowMs),
    random: createFakeRandom(),
    allowLoopbackHttp: false,
  });
  const result = await client.startDevice('scope');
  if (result.kind !== 'pending') return { kind: result.kind };
  return { ...result, codeVerifier: '' };
}

describe('the pace', () => {
  it('D1: five seconds where a standard server names none, two where MiniMax names none', async () => {
    expect(await start(standard, '"expires_in":600')).toMatchObject({ intervalMs: 5_000 });
    expect(await start(minimax, '"expired_in":600')).toMatchObject({ intervalMs: 2_000 });
  });

  it.each([
    ['seconds', standard, '7', 7_000],
    ['too small', standard, '0.01', 1_000],
    ['too large', standard, '86400', 60_000],
    ['epoch milliseconds', standard, String(nowMs), 60_000],
    ['1e308', standard, '1e308', 60_000],
    ['1e300', standard, '1e300', 60_000],
    ['too large for a number', standard, '1e999', 5_000],
    ['zero', standard, '0', 5_000],
    ['negative', standard, '-5', 5_000],
    ['a string', standard, '"5"', 5_000],
    ['a string with a unit', standard, '"5s"', 5_000],
    ['null', standard, 'null', 5_000],
    ['NaN as text', standard, '"NaN"', 5_000],
    ['a list', standard, '[5]', 5_000],
    ['milliseconds', minimax, '3000', 3_000],
    ['too small', minimax, '5', 2_000],
    ['too large', minimax, '86400000', 60_000],
    ['epoch milliseconds', minimax, String(nowMs), 60_000],
    ['1e308', minimax, '1e308', 60_000],
    ['too large for a number', minimax, '1e999', 2_000],
    ['zero', minimax, '0', 2_000],
    ['negative', minimax, '-3000', 2_000],
    ['a string', minimax, '"3000"', 2_000],
    ['null', minimax, 'null', 2_000],
  ])('D8: an interval that is %s (%#)', async (_what, dialect, value, intervalMs) => {
    const lifetime = dialect === minimax ? '"expired_in":600' : '"expires_in":600';
    expect(await start(dialect, `${lifetime},"interval":${value}`)).toMatchObject({ intervalMs });
  });
});

describe('the life of the code', () => {
  it.each([
    ['seconds', standard, '"expires_in":600', 600_000],
    ['too short', standard, '"expires_in":1', 30_000],
    ['too long', standard, '"expires_in":86400', 1_800_000],
    ['epoch milliseconds', standard, `"expires_in":${nowMs}`, 1_800_000],
    ['absent', standard, '"x":1', 300_000],
    ['zero', standard, '"expires_in":0', 300_000],
    ['negative', standard, '"expires_in":-60', 300_000],
    ['1e308', standard, '"expires_in":1e308', 1_800_000],
    ['too large for a number', standard, '"expires_in":1e999', 300_000],
    ['a string', standard, '"expires_in":"600"', 300_000],
    ['epoch milliseconds', minimax, `"expired_in":${nowMs + 240_000}`, 240_000],
    ['epoch seconds', minimax, `"expired_in":${nowMs / 1000 + 240}`, 240_000],
    ['relative seconds', minimax, '"expired_in":240', 240_000],
    ['relative seconds under the standard name', minimax, '"expires_in":240', 240_000],
    ['over already', minimax, `"expired_in":${nowMs - hourMs}`, 60_000],
    ['too long', minimax, `"expired_in":${nowMs + 24 * hourMs}`, 1_800_000],
    ['absent', minimax, '"x":1', 300_000],
    ['1e308', minimax, '"expired_in":1e308', 60_000],
    ['a string with a unit', minimax, '"expired_in":"3600s"', 60_000],
    ['zero', minimax, '"expired_in":0', 60_000],
  ])('D8: %s (%#)', async (_what, dialect, members, expiresInMs) => {
    expect(await start(dialect, members)).toMatchObject({ expiresInMs });
  });

  it.each([hourMs, -hourMs, 365 * 24 * hourMs])(
    'D12: a local clock that is off by %i ms is corrected by the Date header',
    async (offMs) => {
      const serverNowMs = nowMs + offMs;
      const date = new Date(serverNowMs).toUTCString();
      const answer = await start(minimax, `"expired_in":${serverNowMs + 240_000}`, { date });
      expect(answer).toMatchObject({ kind: 'pending', expiresInMs: 240_000 });
    },
  );
});

describe('the code', () => {
  it('D13: stays as the server wrote it', async () => {
    for (const dialect of [minimax, standard])
      expect(await start(dialect, '"x":1')).toMatchObject({ userCode: 'tue3-FX ng' });
  });

  it.each(['"state":"somebody-elses"', '"state":""', '"state":null', '"state":["x"]'])(
    'D11: MiniMax’s answer with %s is of another login',
    async (members) => {
      expect(await start(minimax, `"expired_in":600,${members}`)).toEqual({ kind: 'error' });
    },
  );

  it('D10: an error inside HTTP 200 is an error, and an offer with an error status is none', async () => {
    expect(await start(standard, '"error":"invalid_client"')).toEqual({ kind: 'error' });
    expect(await start(minimax, '"error":"invalid_client"')).toEqual({ kind: 'error' });
    expect(await start(standard, '"expires_in":600', { status: 400 })).toEqual({ kind: 'trouble' });
    expect(await start(minimax, '"expired_in":600', { status: 400 })).toEqual({ kind: 'trouble' });
  });
});
