// The other people's programs: exact versions, installed beside the project's own packages without their scripts, and
// used again by later runs. They are no dependencies of the project.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Peer = {
  readonly version: string;
  /** The file that is run or imported. */
  readonly entry: string;
};

const versions = { '@azure/msal-node': '7.2.1', '@openai/codex': '0.169.0' } as const;

/** Asks the npm registry where the cache does not hold these versions. Throws on a platform without a codex binary. */
export function installPeers(root: string): { msal: Peer; codex: Peer } {
  const folder = join(root, 'node_modules/.cache/compare-loopback');
  if (Object.entries(versions).some(([name, version]) => installedVersion(folder, name) !== version)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: versions }));
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 300_000,
    });
  }
  return {
    msal: {
      version: versions['@azure/msal-node'],
      entry: join(folder, 'node_modules/@azure/msal-node/dist/index.mjs'),
    },
    codex: { version: versions['@openai/codex'], entry: codexBinary(folder) },
  };
}

function installedVersion(folder: string, name: string): string | undefined {
  const file = join(folder, 'node_modules', name, 'package.json');
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as { version?: string }).version;
}

function codexBinary(folder: string): string {
  const target = { x64: 'x86_64-unknown-linux-musl', arm64: 'aarch64-unknown-linux-musl' }[
    process.arch as string
  ];
  const entry = join(
    folder,
    `node_modules/@openai/codex-linux-${process.arch}/vendor/${target ?? 'unknown'}/bin/codex`,
  );
  if (!existsSync(entry))
    throw new Error(`@openai/codex has no binary for ${process.platform} ${process.arch}`);
  return entry;
}
