// A process that moves a store's key to and fro, killed at any moment: the store opens afterwards, with every login.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { oauthCredential } from '../support/credentials.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { compileCache } from '../support/compile-cache.ts';
import { tempFolder } from '../support/temp-folder.ts';

const id = 'minimax-portal:default';
const source = (path: string): string =>
  JSON.stringify(pathToFileURL(join(import.meta.dirname, '../..', path)).href);
/** Moves until it is killed; a line for each move that came about. */
const program = `
  import { moveStoreKey } from ${source('src/auth/key-move.ts')};
  import { openCredentialStore } from ${source('src/store/open-store.ts')};
  import { systemClock as clock } from ${source('src/platform/clock.ts')};
  import { systemRandom as random } from ${source('src/platform/random.ts')};
  import { flushCompileCache } from 'node:module';
  flushCompileCache();
  const [stateDir, keyFile] = process.argv.slice(1);
  const store = openCredentialStore({ stateDir, env: { OPENCLAW_AUTH_KEY_FILE: keyFile }, clock, random, keychain: {} });
  for (;;) {
    const { kind } = await store.readKeyRecord();
    const { to } = await moveStoreKey(store, { kind: kind === 'key-file' ? 'insecure-file' : 'key-file' });
    process.stdout.write(to.kind + '\\n');
  }
`;

it('kill -9 at ten moments of a move leaves one key that opens everything', async () => {
  const folder = tempFolder();
  const stateDir = join(folder, 'state');
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, 'ab'.repeat(32), { mode: 0o600 });
  const env = { OPENCLAW_AUTH_KEY_FILE: keyFile };
  const first = openTestStore({ stateDir, env });
  await first.saveLogin(id, oauthCredential());
  await first.createSecret('gateway-token', 'kept');
  first.close();
  let moves = 0;
  for (let turn = 0; turn < 10; turn += 1) {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program, stateDir, keyFile], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: compileCache,
    });
    const lines = createInterface({ input: child.stdout });
    lines.on('line', () => (moves += 1));
    const ended = once(child, 'exit');
    await once(lines, 'line');
    await delay(turn * 3 + Math.random() * 3);
    child.kill('SIGKILL');
    await ended;
    const store = openTestStore({ stateDir, env });
    expect((await store.readProfile(id))?.credential).toEqual(oauthCredential());
    expect(await store.readSecret('gateway-token')).toBe('kept');
    await store.prove();
    store.close();
  }
  expect(moves).toBeGreaterThanOrEqual(10);
});
