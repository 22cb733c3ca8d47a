// Where this program's files lie: the state folder and what is in it, and the configuration file.
// Decides names only; nothing is read or made here.
import { join, resolve } from 'node:path';
import type { Env } from '../platform/env.ts';

export type Paths = {
  readonly stateDir: string;
  /** `openclaw.json`, which may lie outside the state folder. */
  readonly configFile: string;
  /** Sealed logins. */
  readonly authDir: string;
  /** Environment variables for the gateway, below the process environment and above the `env` block. */
  readonly dotenvFile: string;
  /** A person's own prices. */
  readonly modelsFile: string;
  /** Lock, record and log of the gateway that runs. */
  readonly runDir: string;
};

/**
 * All paths are absolute. `~` at the start of OPENCLAW_STATE_DIR or OPENCLAW_CONFIG_PATH is `homeDir`; a relative path
 * counts from `currentDir`; an empty variable counts as not set.
 */
export function resolvePaths(env: Env, homeDir: string, currentDir: string = process.cwd()): Paths {
  const absolute = (path: string): string => resolve(currentDir, expandHome(path, homeDir));
  const stateDir = absolute(filled(env['OPENCLAW_STATE_DIR']) ?? join(homeDir, '.openclaw'));
  const configPath = filled(env['OPENCLAW_CONFIG_PATH']);
  return {
    stateDir,
    configFile: configPath === undefined ? join(stateDir, 'openclaw.json') : absolute(configPath),
    authDir: join(stateDir, 'auth'),
    dotenvFile: join(stateDir, '.env'),
    modelsFile: join(stateDir, 'models.json'),
    runDir: join(stateDir, 'gateway'),
  };
}

/** `~` and `~/…` only: the home folder of another user (`~name`) is left as it is. */
export function expandHome(path: string, homeDir: string): string {
  if (path === '~') return homeDir;
  return /^~[/\\]/.test(path) ? join(homeDir, path.slice(2)) : path;
}

function filled(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === '' ? undefined : trimmed;
}
