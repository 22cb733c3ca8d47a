// The files of the state folder: who owns them, who else may read them, and what killed processes have left. Looked at
// with lstat and before anything is opened, for whoever opens the store closes it to others on the way.
import { chmodSync, rmSync, type Stats } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { shellWord } from '../../platform/shell-word.ts';
import { isOpenClawError } from '../../errors.ts';
import type { Check, DoctorPorts } from './check.ts';
import { look, namesIn } from './file-look.ts';
import { ok, shown, type Finding } from './finding.ts';
import { privatePlaces, type PrivatePlace } from './private-places.ts';

export const filesCheck: Check = {
  name: 'the files',
  deadlineMs: 4_500,
  async run(ports) {
    if (ports.platform === 'win32') return [ok('files.mode', 'Windows keeps rights its own way')];
    const places = privatePlaces(ports).flatMap((place) => {
      const stat = look(place.path);
      return stat === undefined ? [] : [{ ...place, stat: factsOf(stat) }];
    });
    const findings = await tellClosed(foldOwners(places, ports.userId), ports);
    const bad = new Set(findings.map(({ id }) => id));
    return [
      ...findings,
      ...(['files.mode', 'files.owner'] as const)
        .filter((id) => !bad.has(id))
        .map((id) => ok(id, `${places.length} files and folders`)),
    ];
  },
};

type Judged = { readonly place: Place; readonly finding: Finding };

/** What lies in a folder of another user is taken over with it. */
function foldOwners(places: readonly Place[], userId: number | undefined): Judged[] {
  const foreign = places.filter(({ stat }) => userId !== undefined && stat.uid !== userId);
  const isWithin = (path: string): boolean => foreign.some((other) => path.startsWith(`${other.path}${sep}`));
  return places
    .filter((place) => !foreign.includes(place) || !isWithin(place.path))
    .flatMap((place) => judgePlace(place, userId).map((finding) => ({ place, finding })));
}

/** Whoever opens the store closes its files first: nothing is left to mend then, but it is to be known. */
async function tellClosed(judged: readonly Judged[], { store }: DoctorPorts): Promise<Finding[]> {
  if (judged.some(isOpenToOthers)) {
    try {
      await store.listProfiles();
    } catch (error) {
      // A store that cannot be read is told by its own check.
      if (!isOpenClawError(error)) throw error;
    }
  }
  return judged.map((each) => {
    const { place, finding } = each;
    const stat = look(place.path);
    const isClosed = stat !== undefined && judgeMode({ ...place, stat: factsOf(stat) }).length === 0;
    return isOpenToOthers(each) && isClosed ? closedNow(finding) : finding;
  });
}

/** Not of those that are shut to their own user, or another one's. */
function isOpenToOthers({ place, finding: { id, text } }: Judged): boolean {
  return id === 'files.mode' && judgeMode(place).some((found) => found.text === text);
}

function closedNow({ id, text }: Finding): Finding {
  return {
    id,
    severity: 'warning',
    text: `${text} It was closed just now.`,
    remedy: 'If they may have looked, log in again, and make keys anew.',
  };
}

type Facts = { uid: number; gid: number; mode: number; isFolder: boolean; isFile: boolean; isLink: boolean };
export type Place = PrivatePlace & { readonly stat: Facts };

function factsOf(stat: Stats): Facts {
  return {
    uid: stat.uid,
    gid: stat.gid,
    mode: stat.mode & 0o777,
    isFolder: stat.isDirectory(),
    isFile: stat.isFile(),
    isLink: stat.isSymbolicLink(),
  };
}

/** What is wrong with one of them. */
export function judgePlace(at: Place, userId: number | undefined): Finding[] {
  const { path, kind, stat } = at;
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
  const isOwn = stat.uid === userId || (at.mayBeRoots === true && stat.uid === 0);
  if (userId !== undefined && !isOwn) {
    return [
      {
        id: 'files.owner',
        severity: userId === 0 ? 'warning' : 'error',
        text: `${place} belongs to user ${stat.uid}, and this is user ${userId}.`,
        remedy: `Run openclaw as the user whose logins these are, or take them over: sudo chown -R ${userId} ${shellWord(place)}`,
      },
    ];
  }
  const reading = kind === 'folder' ? 0o500 : 0o400;
  const needed = at.isReadOnlyFit === true ? reading : reading | 0o200;
  const isShut = stat.uid === userId && userId !== 0 && (stat.mode & needed) !== needed;
  return isShut ? [shutOut(at)] : judgeMode(at);
}

/** Others may look into the state folder as long as they find nothing open there. */
function judgeMode({ path, kind, stat, rule, isTrusted }: Place): Finding[] {
  const place = shown(path);
  // A group of the user's own, as most systems make one, is nobody else: its files are writable for the group by default.
  const isOwnGroup = stat.gid === stat.uid && stat.uid !== 0;
  const writing = isOwnGroup ? 0o002 : 0o022;
  const refused = rule === 'others may not read' ? 0o077 : writing;
  if ((stat.mode & refused) === 0) return [];
  const isWritten = (stat.mode & 0o022) !== 0;
  const isRedirected = isTrusted === true && isWritten;
  const closed = kind === 'folder' ? 0o700 : stat.mode & ~refused;
  return [
    {
      id: 'files.mode',
      severity: isRedirected ? 'error' : 'warning',
      text: `${place} could be ${isWritten ? 'written' : 'read'} by other users of this machine (mode ${modeText(stat.mode)})${isRedirected ? ': they could have your logins sent to a server of theirs' : ''}.`,
      remedy: isRedirected
        ? `Close it: \`openclaw doctor --fix\`. See that ${kind === 'folder' ? 'what is in it' : 'what it says'} is what you have written.`
        : 'Close it: `openclaw doctor --fix`. If they may have looked, log in again, and make keys anew.',
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

function shutOut({ path, kind, stat }: Place): Finding {
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
