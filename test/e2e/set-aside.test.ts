// `--set-aside-store` where it must not do harm: a good store whose key this environment names wrongly, and two at once.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loggedIn, startPortal, type Home } from '../support/cli-process.ts';

const loginArgs = ['auth', 'login', '--no-browser', '--non-interactive', '--set-aside-store'];
const asides = (home: Home): string[] =>
  readdirSync(join(home.stateDir, 'auth')).filter((name) => name.startsWith('aside'));
const secretFile = (home: Home, name: string, text: string): string => {
  const path = join(home.folder, name);
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  return path;
};

describe('a variable that still names what was used before', () => {
  it.each([
    [
      'key-file',
      '--key-file',
      'OPENCLAW_AUTH_KEY_FILE',
      (home: Home) => home.env['OPENCLAW_AUTH_KEY_FILE'] ?? '',
      (home: Home) => secretFile(home, 'new-key', 'ab'.repeat(32)),
    ],
    [
      'passphrase',
      '--passphrase-file',
      'OPENCLAW_PASSPHRASE_FILE',
      (home: Home) => secretFile(home, 'old-passphrase', 'an old passphrase'),
      (home: Home) => secretFile(home, 'new-passphrase', 'another passphrase'),
    ],
  ])(
    'is what a wrong %s is blamed on, and the store stays',
    async (kind, flag, variable, oldFile, newFile) => {
      const home = await loggedIn(await startPortal());
      const stale = oldFile(home);
      const fresh = newFile(home);
      expect((await home.json(['auth', 'storage', 'migrate', kind, flag, fresh])).code).toBe(0);
      for (const args of [['auth', 'refresh'], loginArgs]) {
        const { code, value } = await home.json(args, { [variable]: stale });
        expect(code).toBe(1);
        expect(value['error']).toMatchObject({
          code: 'KEY_WRONG',
          message: expect.stringContaining(`${stale} (${variable})`) as string,
          remedy: expect.stringMatching(new RegExp(`^(?!.*set-aside).*${variable}, or unset it`)) as string,
        });
      }
      const gone = await home.json(loginArgs, { [variable]: join(home.folder, 'none') });
      expect(gone.value['error']).toMatchObject({ message: expect.stringContaining('none') as string });
      expect(asides(home)).toEqual([]);
      expect((await home.json(['auth', 'refresh'], { [variable]: fresh })).code).toBe(0);
    },
    20_000,
  );
});

it('two logins at once set a lost store aside once, and both are saved', async () => {
  const home = await loggedIn(await startPortal());
  writeFileSync(home.env['OPENCLAW_AUTH_KEY_FILE'] ?? '', 'cd'.repeat(32), { mode: 0o600 });
  const args = (name: string): string[] =>
    [...loginArgs, '--auth-choice', 'minimax-portal', '--region', 'global'].concat(
      '--profile-id',
      `minimax-portal:${name}`,
    );
  const ended = await Promise.all(['one', 'two'].map((name) => home.json(args(name))));
  expect(ended.map(({ code }) => code)).toEqual([0, 0]);
  expect(asides(home)).toHaveLength(1);
  const { profiles } = (await home.json(['auth', 'status'])).value as { profiles: { id: string }[] };
  expect(profiles.map(({ id }) => id)).toEqual(['minimax-portal:one', 'minimax-portal:two']);
}, 20_000);
