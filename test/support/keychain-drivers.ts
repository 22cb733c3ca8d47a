// Which keychain drivers can be tested on this machine, and installations that lack some of them.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { keychainDrivers, type KeychainDriverName } from '../../src/vault/keychain-driver.ts';

export const isSystemRequired = process.env['OPENCLAW_TEST_REQUIRE_SYSTEM'] === '1';

const packages: Readonly<Record<KeychainDriverName, string>> = {
  'napi-keyring': '@napi-rs/keyring',
  keytar: 'keytar',
};

/** Why a driver cannot be loaded here, undefined when it can. */
export function driverFault(driver: KeychainDriverName): string | undefined {
  try {
    createRequire(import.meta.url)(packages[driver]);
    return undefined;
  } catch (error) {
    return `${driver} cannot be loaded, see scripts/build-keytar.sh: ${(error as Error).message.split('\n', 1)[0]}`;
  }
}

/** All of them where everything is required, so that what is missing fails. */
export const testedDrivers: readonly KeychainDriverName[] = keychainDrivers.filter(
  (driver) => isSystemRequired || driverFault(driver) === undefined,
);

/**
 * The helper as it is published, in an installation that has these packages (or scopes) and no others. Starts in half
 * the time that it takes from its sources.
 */
export async function installHelper(
  installed: readonly string[],
): Promise<{ readonly url: URL; remove(): void }> {
  const root = join(import.meta.dirname, '../..');
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'openclaw-helper-')));
  const bundle = await rolldown({
    cwd: root,
    platform: 'node',
    input: { 'keychain-child': 'src/vault/keychain-child.ts' },
    external: ['@napi-rs/keyring', 'keytar'],
    logLevel: 'silent',
  });
  await bundle.write({ dir: join(folder, 'dist'), format: 'esm', entryFileNames: '[name].js' });
  await bundle.close();
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  mkdirSync(join(folder, 'node_modules'));
  for (const name of installed)
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  return {
    url: pathToFileURL(join(folder, 'dist/keychain-child.js')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
