// The files of the state folder: who owns them, who else may read them, and what killed processes have left. Looked at
// with lstat and before anything is opened, for whoever opens the store closes it to others on the way.
import { chmodSync, readFileSync, realpathSync, rmSync, type Stats } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { builtinProviders } from '../../providers/builtin-providers.ts';
import { shellWord } from '../../platform/shell-word.ts';
import { insecureKeyFile } from '../../vault/key-file.ts';
import type { Check, DoctorPorts } from './check.ts';
import { look, namesIn, unlessHidden } from './file-look.ts';
import { ok, shown, type Finding } from './finding.ts';

export const filesCheck: Check = {
  name: 'the files',
  run(ports) {
    if (ports.platform === 'win32') return [ok('files.mode', 'Windows keeps rights its own way')];
    const places = privatePlaces(ports).flatMap(({ path, kind }) => {
      const stat = look(path);
      return stat === undefined ? [] : [{ path, kind, stat: factsOf(stat) }];
    });
    const findings = foldOwners(places, ports.userId);
    const bad = new Set(findings.map(({ id }) => id));
    return [
      ...findings,
      ...(['files.mode', 'files.owner'] as const)
        .filter((id) => !bad.has(id))
        .map((id) => ok(id, `${places.length} files and folders`)),
    ];
  },
};

/** What lies in a folder of another user is taken over with it. */
function foldOwners(places: readonly Place[], userId: number | undefined): Finding[] {
  const foreign = places.filter(({ stat }) => userId !== undefined && stat.uid !== userId);
  const isWithin = (path: string): boolean => foreign.some((other) => path.startsWith(`${other.path}${sep}`));
  return places
    .filter((place) => !foreign.includes(place) || !isWithin(place.path))
    .flatMap((place) => judgePlace(place, userId));
}

type Kind = 'folder' | 'file';
type Facts = { uid: number; mode: number; isFolder: boolean; isFile: boolean; isLink: boolean };
export type Place = { readonly path: string; readonly kind: Kind; readonly stat: Facts };

function factsOf(stat: Stats): Facts {
  return {
    uid: stat.uid,
    mode: stat.mode & 0o777,
    isFolder: stat.isDirectory(),
    isFile: stat.isFile(),
    isLink: stat.isSymbolicLink(),
  };
}

function privatePlaces({ paths }: DoctorPorts): { path: string; kind: Kind }[] {
  const store = join(paths.authDir, 'credentials.sqlite');
  const folder = (path: string) => ({ path, kind: 'folder' as const });
  const file = (path: string) => ({ path, kind: 'file' as const });
  return [
    // It may be a link to another disk, and .env one into a folder of settings; what the program writes may not.
    folder(unlessHidden(() => realpathSync(paths.stateDir), paths.stateDir)),
    folder(paths.authDir),
    folder(paths.runDir),
    file(store),
    file(`${store}-wal`),
    file(`${store}-shm`),
    file(insecureKeyFile(paths.authDir)),
    file(join(paths.stateDir, 'activity.sqlite')),
    ...(look(paths.dotenvFile)?.isSymbolicLink() === true ? [] : [file(paths.dotenvFile)]),
    ...[paths.configFile, `${paths.configFile}.bak`].filter(holdsSecrets).map(file),
  ];
}

/** Only a plain key makes a configuration a secret; it may be a link on purpose, as in dotfiles. */
function holdsSecrets(path: string): boolean {
  if (look(path)?.isFile() !== true) return false;
  try {
    const values = readFileSync(path, 'utf8').matchAll(
      /(?:key|token|password|secret)["']?\s*:\s*["'](?!\$\{)([^"'\s]{8,})/gi,
    );
    return [...values].some(([, value]) => !builtinProviders.some(({ openKey }) => openKey === value));
  } catch {
    // Nobody else can read it either, or it is told by the check of the configuration.
    return false;
  }
}

/** What is wrong with one of them. Others may look into the state folder as long as they find nothing open there. */
export function judgePlace({ path, kind, stat }: Place, userId: number | undefined): Finding[] {
  const place = shown(path);
  const isOfKind = kind === 'folder' ? stat.isFolder : stat.isFile;
  if (!isOfKind) {
    const is = stat.isLink ? 'is a symbolic link, which is not followed' : `is no ${kind}`;
    return [
      {
        id: 'files.owner',
        severity: 'error',
        text: `${place} ${is}.`,
        remedy: stat.isLink
          ? `Put the ${kind} itself there, or name the folder that it lies in with OPENCLAW_STATE_DIR.`
          : 'Move it away. Nothing in it was touched.',
      },
    ];
  }
  if (userId !== undefined && stat.uid !== userId) {
    return [
      {
        id: 'files.owner',
        severity: userId === 0 ? 'warning' : 'error',
        text: `${place} belongs to user ${stat.uid}, and this is user ${userId}.`,
        remedy: `Run openclaw as the user whose logins these are, or take them over: sudo chown -R ${userId} ${shellWord(place)}`,
      },
    ];
  }
  const needed = kind === 'folder' ? 0o500 : 0o400;
  if (userId !== undefined && userId !== 0 && (stat.mode & needed) !== needed)
    return [shutOut(path, kind, stat)];
  const others = stat.mode & 0o077;
  const isStateDir = kind === 'folder' && basename(path) !== 'auth' && basename(path) !== 'gateway';
  const isOpen = isStateDir ? (others & 0o022) !== 0 : others !== 0;
  if (!isOpen) return [];
  const what = (others & 0o022) === 0 ? 'read' : 'written';
  const closed = kind === 'folder' ? 0o700 : 0o600;
  return [
    {
      id: 'files.mode',
      severity: 'warning',
      text: `${place} could be ${what} by other users of this machine (mode ${modeText(stat.mode)}).`,
      remedy: 'Close it: `openclaw doctor --fix`. If they may have looked, log in again, and make keys anew.',
      fix: {
        kind: 'mend',
        does: `Close ${place} to other users`,
        run: () => {
          chmodSync(path, closed);
          return `${place} is closed to other users (mode ${modeText(closed)})`;
        },
      },
    },
  ];
}

function shutOut(path: string, kind: Kind, stat: Facts): Finding {
  const place = shown(path);
  return {
    id: 'files.mode',
    severity: 'error',
    text: `${place} is closed to its own user (mode ${modeText(stat.mode)}).`,
    remedy: 'Open it to its owner: `openclaw doctor --fix`.',
    fix: {
      kind: 'mend',
      does: `Open ${place} to its owner`,
      run: () => {
        chmodSync(path, kind === 'folder' ? 0o700 : 0o600);
        return `${place} is open to its owner`;
      },
    },
  };
}

function modeText(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

export const litterCheck: Check = {
  name: 'what was left behind',
  run(ports) {
    const isOld = (path: string): boolean => {
      const nowMs = ports.clock.nowMs();
      return nowMs - (look(path)?.mtimeMs ?? nowMs) > youngestLitterMs;
    };
    const found = draftPlaces(ports).flatMap(({ folder, pattern }) =>
      namesIn(folder)
        .filter((name) => pattern.test(name))
        .map((name) => join(folder, name))
        .filter(isOld),
    );
    if (found.length === 0) return [ok('files.litter', 'no drafts of killed processes')];
    return found.map((path) => ({
      id: 'files.litter',
      severity: 'warning',
      text: `${shown(path)} was left by a process that was killed; nothing reads it.`,
      remedy: 'Remove it: `openclaw doctor --fix`.',
      fix: {
        kind: 'litter',
        does: `Remove the draft ${shown(path)}`,
        run: () => {
          // Some of these names are used again.
          if (!isOld(path)) return `${shown(path)} is written just now, or gone: it is left`;
          rmSync(path, { force: true });
          return `${shown(path)} is removed`;
        },
      },
    }));
  },
};

/** A process that writes it now is done sooner. */
const youngestLitterMs = 60_000;

function draftPlaces({ paths }: DoctorPorts): { folder: string; pattern: RegExp }[] {
  const config = basename(paths.configFile).replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return [
    {
      folder: dirname(paths.configFile),
      pattern: new RegExp(String.raw`^\.${config}(\.bak)?\.[0-9a-f-]{36}\.tmp$`),
    },
    { folder: paths.runDir, pattern: /^gateway\.json\.\d+$/ },
    { folder: join(paths.stateDir, 'auth-high-water'), pattern: /^[0-9a-f]{24}\.\d+$/ },
    { folder: paths.authDir, pattern: /^(credentials\.sqlite|insecure\.key)\.new(-wal|-shm|-journal)?$/ },
  ];
}
