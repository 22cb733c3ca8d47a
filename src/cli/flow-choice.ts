// Which way a login goes when nobody has said so: led by the browser of this machine, or by a code that is approved on
// any device. The decision is pure; readPlace gathers what no variable tells.
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TextKey } from '../language/texts.ts';
import { envFlag, type Env } from '../platform/env.ts';

export type FlowKind = 'loopback' | 'device';

export type FlowChoice = { readonly kind: FlowKind; readonly reason: TextKey };

/** What files say about this machine. */
export type Place = {
  readonly inContainer: boolean;
  /** WSL only: programs of Windows can be started. */
  readonly wslInterop: boolean;
  /** WSL only: the opener of wslu is installed. */
  readonly wslview: boolean;
};

export type FlowFacts = {
  /** `--flow` */
  wanted: FlowKind | 'auto';
  env: Env;
  platform: NodeJS.Platform;
  /** A person sits at this terminal and may be asked. */
  interactive: boolean;
  /** `--no-browser` */
  noBrowser: boolean;
  place: Place;
};

/** A `BROWSER` that names a program outweighs where this is: editors and clouds set it to reach the person's own. */
export function chooseFlow(facts: FlowFacts): FlowChoice {
  const { wanted, env, platform, place } = facts;
  const isSet = (...names: string[]): boolean => names.some((name) => (env[name] ?? '') !== '');
  const device = (reason: TextKey): FlowChoice => ({ kind: 'device', reason });

  if (wanted !== 'auto') return { kind: wanted, reason: 'reasonAsked' };
  if (facts.noBrowser) return device('reasonNoBrowser');
  if (env['BROWSER'] === 'none') return device('reasonBrowserNone');
  if (envFlag(env, 'CI')) return device('reasonCi');
  if (!facts.interactive) return device('reasonNoTerminal');
  if (isSet('BROWSER')) return { kind: 'loopback', reason: 'reasonBrowserSet' };
  if (isSet('SSH_CONNECTION', 'SSH_TTY', 'SSH_CLIENT')) return device('reasonSsh');
  if (place.inContainer || isSet('container', 'KUBERNETES_SERVICE_HOST')) return device('reasonContainer');
  if (isSet('WSL_DISTRO_NAME')) {
    const hasBrowser = place.wslInterop || place.wslview || isSet('DISPLAY', 'WAYLAND_DISPLAY');
    return hasBrowser ? { kind: 'loopback', reason: 'reasonDesktop' } : device('reasonWsl');
  }
  if (platform === 'linux' && !isSet('DISPLAY', 'WAYLAND_DISPLAY')) return device('reasonNoDisplay');
  return { kind: 'loopback', reason: 'reasonDesktop' };
}

/** Whether a key that opens a browser makes sense: not where it was refused, and not where there is none. */
export function mayOpenBrowser(facts: FlowFacts): boolean {
  if (facts.noBrowser) return false;
  const byItself = chooseFlow({ ...facts, wanted: 'auto', interactive: true });
  return byItself.kind === 'loopback';
}

export function readPlace(env: Env, exists: (path: string) => boolean = existsSync): Place {
  const binfmt = '/proc/sys/fs/binfmt_misc';
  return {
    inContainer: exists('/.dockerenv') || exists('/run/.containerenv'),
    wslInterop: exists(`${binfmt}/WSLInterop`) || exists(`${binfmt}/WSLInterop-late`),
    wslview: (env['WSL_DISTRO_NAME'] ?? '') !== '' && isOnPath(env, 'wslview'),
  };
}

function isOnPath(env: Env, program: string): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      // Not in this folder.
      return false;
    }
  });
}
