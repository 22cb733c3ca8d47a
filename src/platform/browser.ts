// The person's browser as a port: shows one URL if that is possible here. A login never depends on it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Env } from './env.ts';
import { envFlag } from './env.ts';

export type Browser = {
  /** False when there is no browser to show it in. Only http and https URLs that were parsed are ever passed on. */
  open(url: string): Promise<boolean>;
};

/** Opens nothing: `--no-browser`, or a place without a desktop. */
export const noBrowser: Browser = { open: () => Promise.resolve(false) };

export function createBrowser(env: Env, platform: NodeJS.Platform = process.platform): Browser {
  if (describeRemote(env, platform) !== undefined) return noBrowser;
  return {
    async open(url) {
      const parsed = URL.parse(url);
      if (parsed === null || !['https:', 'http:'].includes(parsed.protocol)) return false;
      const program = env['BROWSER'];
      if (program !== undefined && program !== '') return run(program, parsed.href, plainEnvironment(env));
      try {
        const { default: open } = await import('open');
        const child = await withPlainEnvironment(() => open(parsed.href));
        child.once('error', () => undefined);
        child.unref();
        return true;
      } catch {
        // No opener on this machine: the URL has been printed all the same.
        return false;
      }
    },
  };
}

/** Why a browser on this machine is of no use to the person, in words; undefined on a desktop. */
export function describeRemote(env: Env, platform: NodeJS.Platform = process.platform): string | undefined {
  if (env['BROWSER'] === 'none') return 'BROWSER=none';
  if (env['BROWSER'] !== undefined && env['BROWSER'] !== '') return undefined;
  if (env['SSH_CONNECTION'] !== undefined || env['SSH_TTY'] !== undefined) return 'this is an SSH session';
  if (envFlag(env, 'CI')) return 'this is a CI job';
  if (existsSync('/.dockerenv') || env['container'] !== undefined) return 'this is a container';
  const desktop = env['DISPLAY'] !== undefined || env['WAYLAND_DISPLAY'] !== undefined;
  if (platform === 'linux' && !desktop && env['WSL_DISTRO_NAME'] === undefined) return 'there is no display';
  return undefined;
}

/** Names of variables that hold secrets, by their last word: no browser needs them. */
const secretVariable = /(?:^|_)(?:key|token|secret|password|passwd|passphrase|credentials?)$/i;

function plainEnvironment(env: Env): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !secretVariable.test(name)));
}

/** `open` hands on the environment of this process, whole: secrets are out of it meanwhile. */
async function withPlainEnvironment<T>(work: () => Promise<T>): Promise<T> {
  const secrets = Object.entries(process.env).filter(([name]) => secretVariable.test(name));
  for (const [name] of secrets) delete process.env[name];
  try {
    return await work();
  } finally {
    for (const [name, value] of secrets) process.env[name] = value;
  }
}

function run(program: string, url: string, env: Record<string, string | undefined>): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, [url], { stdio: 'ignore', detached: true, env });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
