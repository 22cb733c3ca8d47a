// A home with logins that no server has given: as quick as writing them, for commands that read them.
import type { Credential } from '../../src/plugin-sdk/credential.ts';
import type { CredentialStore } from '../../src/store/credential-store.ts';
import { createHome, type Home } from './cli-process.ts';
import { oauthCredential } from './credentials.ts';
import { openTestStore } from './open-test-store.ts';

export type StatusHome = { home: Home; store: CredentialStore };

export const first = 'minimax-portal:default';
export const second = 'minimax-portal:work';

/** Both last for an hour from now on, unless told otherwise. Their plugin is enabled, with these settings. */
export async function createStatusHome(
  logins: Readonly<Record<string, Partial<Extract<Credential, { type: 'oauth' }>>>> = {
    [first]: {},
    [second]: {},
  },
  pluginConfig: Readonly<Record<string, unknown>> = {},
): Promise<StatusHome> {
  const home = createHome();
  home.writeConfig({
    plugins: { entries: { 'minimax-portal-auth': { enabled: true, config: pluginConfig } } },
  });
  const store = openTestStore({ stateDir: home.stateDir, env: home.env });
  const nowMs = Date.now();
  for (const [id, overrides] of Object.entries(logins)) {
    const dates = { issuedAt: nowMs, expires: nowMs + 3_600_000 };
    await store.saveLogin(id, oauthCredential({ ...dates, ...overrides }));
  }
  return { home, store };
}
