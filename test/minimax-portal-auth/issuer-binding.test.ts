// A login that a server of one's own has granted: no other server is shown its tokens, and none but that one can end it.
import { describe, expect, it } from 'vitest';
import type { LoginDeps } from '../../extensions/minimax-portal-auth/oauth-server.ts';
import { refresh, revoke } from '../../extensions/minimax-portal-auth/renewal.ts';
import { createStandardDialect } from '../../src/oauth/standard-dialect.ts';
import type { OAuthCredential } from '../../src/plugin-sdk/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeRandom } from '../support/fake-random.ts';

const issuer = 'https://login.example/tenant';

const credential: OAuthCredential = {
  type: 'oauth',
  provider: 'minimax-portal',
  access: 'sim-at-1',
  refresh: 'sim-rt-1',
  expires: 0,
  region: 'global',
  dialect: 'standard',
  issuer,
};

/** What every server says, and who was asked. */
function stage(configured: string | undefined, answer: object = { error: 'invalid_grant' }) {
  const asked: string[] = [];
  const deps: LoginDeps = {
    config: { regions: { global: configured === undefined ? {} : { issuer: configured } } },
    clock: createFakeClock(),
    random: createFakeRandom(0),
    described: new Map(
      [issuer, 'https://other.example'].map((url) => [
        url,
        createStandardDialect({ tokenUrl: `${url}/token`, revocationUrl: `${url}/revoke` }),
      ]),
    ),
    fetch(url) {
      asked.push(url);
      return Promise.resolve(Response.json(answer, { status: 'error' in answer ? 400 : 200 }));
    },
  };
  return { deps, asked };
}

describe('a login at a server of its own', () => {
  it.each([['https://other.example'], [undefined]])(
    'waits, and is not ended, while the configuration names %s',
    async (configured) => {
      const { deps, asked } = stage(configured);
      await expect(refresh(deps, credential)).rejects.toMatchObject({
        code: 'REFRESH_FAILED',
        data: { sent: false },
      });
      await expect(revoke(deps, credential)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
      expect(asked).toEqual([]);
    },
  );

  it('is kept and ended by the server that granted it, and one from before learns whose it is', async () => {
    const { deps, asked } = stage(issuer, { access_token: 'sim-at-2', token_type: 'Bearer' });
    const { issuer: _, ...former } = credential;
    const shouted = { ...credential, issuer: 'https://LOGIN.example/tenant' };
    for (const login of [credential, shouted, former]) {
      expect(await refresh(deps, login)).toMatchObject({ access: 'sim-at-2', issuer });
    }
    expect(await revoke(deps, credential)).toBe(true);
    expect(new Set(asked)).toEqual(new Set([`${issuer}/token`, `${issuer}/revoke`]));
  });
});
