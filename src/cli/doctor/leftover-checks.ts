// MiniMax credentials that other tools keep in plain text on this machine: where, and of which kind; never their values.
// Nothing is looked at but the files that these tools are known to write, and nothing changed without a word for it.
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { toOpenClawError } from '../../errors.ts';
import { listed } from '../ui/sentence.ts';
import type { Check, DoctorPorts } from './check.ts';
import type { CheckId } from './check-ids.ts';
import { namesIn, unlessHidden } from './file-look.ts';
import { ok, shown, type Finding } from './finding.ts';
import { authRows, parseJson, parseRow, scrubDatabase, scrubJson, scrubYaml } from './leftover-scrub.ts';
import {
  inAgentModels,
  inAuthProfiles,
  inClaudeSettings,
  inMmx,
  type PlainSecret,
  type SecretKind,
} from './leftover-secrets.ts';
import { withoutApiKey } from './leftover-yaml.ts';

type Place = {
  readonly id: Extract<CheckId, `leftover.${string}`>;
  readonly tool: string;
  readonly path: string;
  /** How the tool gets a login of its own again. */
  readonly after: string;
  /** Throws what keeps it from being looked at. */
  readonly find: () => Look;
  readonly scrub: () => number;
};

/** `unread`: what of it could not be looked at, and why. */
type Look = { readonly kinds: readonly SecretKind[]; readonly unread?: string | undefined };

/** No such file is longer; what is, is none. */
const largestBytes = 4 * 1024 * 1024;

export const leftoverCheck: Check = {
  name: 'other tools',
  run(ports) {
    const places = [...openclawPlaces(ports), ...mmxPlaces(ports), ...claudePlaces(ports)];
    const findings = places.flatMap(judgePlace);
    const bad = new Set(findings.filter(({ severity }) => severity === 'warning').map(({ id }) => id));
    const all = ['leftover.openclaw', 'leftover.mmx', 'leftover.claude-code'] as const;
    return [...findings, ...all.filter((id) => !bad.has(id)).map((id) => ok(id, 'nothing in plain text'))];
  },
};

/** Each by itself: one that is broken keeps no other from being found. */
function judgePlace(place: Place): Finding[] {
  let look: Look;
  try {
    look = place.find();
  } catch (error) {
    return [unread(place, toOpenClawError(error).message)];
  }
  return [
    ...judgeSecrets(place, [...new Set(look.kinds)]),
    ...(look.unread === undefined ? [] : [unread(place, look.unread)]),
  ];
}

function unread({ id, tool, path }: Place, why: string): Finding {
  return {
    id,
    severity: 'info',
    text: `Not looked at, or not wholly: ${shown(path)} of ${tool} (${shown(why)}).`,
    remedy: `See whether it is ${tool}’s own, and whole; then look again: \`openclaw doctor\`.`,
  };
}

function judgeSecrets({ id, tool, path, after, scrub }: Place, kinds: readonly SecretKind[]): Finding[] {
  if (kinds.length === 0) return [];
  const what = kinds.map((kind) => `${kind === 'access token' || kind === 'API key' ? 'an' : 'a'} ${kind}`);
  const place = shown(path);
  return [
    {
      id,
      severity: 'warning',
      text: `${tool} keeps ${listed(what, 'and')} of MiniMax in plain text: ${place}`,
      remedy: `Take it out: \`openclaw doctor --fix\` asks first. ${after}`,
      fix: {
        kind: 'scrub',
        does: `Remove ${listed(what, 'and')} of MiniMax from ${place}`,
        afterwards: after,
        run: () => {
          const count = scrub();
          if (count === 0) return `Nothing was left to remove from ${place}: it is gone already`;
          return `${count} ${count === 1 ? 'secret is' : 'secrets are'} removed from ${place}. ${after}`;
        },
      },
    },
  ];
}

function jsonPlace(
  place: Pick<Place, 'id' | 'tool' | 'path' | 'after'>,
  find: (tree: unknown) => PlainSecret[],
): Place {
  return {
    ...place,
    find: () => {
      const text = readIfThere(place.path);
      if (text === undefined) return { kinds: [] };
      try {
        return { kinds: find(parseJson(text)).map(({ kind }) => kind) };
      } catch (error) {
        // Whatever it is, it is not what that tool writes.
        if (error instanceof SyntaxError) return { kinds: [] };
        throw error;
      }
    },
    scrub: () => scrubJson(place.path, find),
  };
}

/** Also those that it, or a person, has put aside: `auth-profiles.json.bak`. */
const authFile = /^auth(?:-profiles)?\.json(?:\..+)?$/;

function openclawPlaces({ homeDir, paths }: DoctorPorts): Place[] {
  const common = {
    id: 'leftover.openclaw',
    tool: 'OpenClaw',
    after: 'OpenClaw itself then needs a new login to MiniMax.',
  } as const;
  const folders = [...new Set([paths.stateDir, join(homeDir, '.openclaw')])];
  return folders.flatMap((folder) => {
    const agents = namesIn(join(folder, 'agents')).map((name) => join(folder, 'agents', name, 'agent'));
    const json = [
      join(folder, 'credentials', 'oauth.json'),
      ...agents.flatMap((agent) =>
        namesIn(agent)
          .filter((name) => authFile.test(name))
          .map((name) => join(agent, name)),
      ),
    ];
    const databases = [
      join(folder, 'state', 'openclaw.sqlite'),
      ...agents.map((agent) => join(agent, 'openclaw-agent.sqlite')),
    ];
    return [
      ...json.map((path) => jsonPlace({ ...common, path }, inAuthProfiles)),
      ...agents.map((agent) => jsonPlace({ ...common, path: join(agent, 'models.json') }, inAgentModels)),
      ...databases.map((path): Place => ({
        ...common,
        path,
        find: () => findInDatabase(path),
        scrub: () => scrubDatabase(path, inAuthProfiles),
      })),
    ];
  });
}

function findInDatabase(path: string): Look {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return { kinds: [] };
  const before = markOf(path);
  if (before !== undefined) {
    const address = pathToFileURL(path);
    // Leaves no trace, and sees no change: https://www.sqlite.org/uri.html#uriimmutable
    address.search = '?mode=ro&immutable=1';
    const look = lookInto(new DatabaseSync(address, { readOnly: true }));
    if (markOf(path) === before) return look;
  }
  return lookInto(new DatabaseSync(path, { readOnly: true, timeout: 500 }));
}

/** Changes with every write; undefined where a log beside the file holds what it lacks, or is to be undone in it. */
function markOf(path: string): string | undefined {
  const logs = ['-wal', '-journal'].map((end) => lstatSync(`${path}${end}`, { throwIfNoEntry: false }));
  if (logs.some((log) => log !== undefined && log.size > 0)) return undefined;
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`;
}

function lookInto(db: DatabaseSync): Look {
  try {
    const trees = authRows(db).map(({ json }) => parseRow(json));
    const kinds = trees.flatMap((tree) =>
      tree === undefined ? [] : inAuthProfiles(tree).map(({ kind }) => kind),
    );
    const odd = trees.filter((tree) => tree === undefined).length;
    return {
      kinds,
      unread: odd === 0 ? undefined : `${odd} of its rows ${odd === 1 ? 'is' : 'are'} no JSON`,
    };
  } finally {
    db.close();
  }
}

function mmxPlaces({ homeDir }: DoctorPorts): Place[] {
  const common = {
    id: 'leftover.mmx',
    tool: 'MiniMax’s own program, mmx,',
    after: 'It then needs `mmx auth login` again.',
  } as const;
  return ['.mmx', '.minimax'].flatMap((name) => {
    const folder = join(homeDir, name);
    const path = join(folder, 'config.yaml');
    return [
      jsonPlace({ ...common, path: join(folder, 'config.json') }, inMmx),
      jsonPlace({ ...common, path: join(folder, 'credentials.json') }, inMmx),
      {
        ...common,
        path,
        find: (): Look => ({ kinds: withoutApiKey(readIfThere(path) ?? '').found > 0 ? ['API key'] : [] }),
        scrub: () => scrubYaml(path),
      },
    ];
  });
}

function claudePlaces({ homeDir, processEnv }: DoctorPorts): Place[] {
  const folder = processEnv['CLAUDE_CONFIG_DIR'] || join(homeDir, '.claude');
  return ['settings.json', 'settings.local.json'].map((name) =>
    jsonPlace(
      {
        id: 'leftover.claude-code',
        tool: 'Claude Code',
        path: join(folder, name),
        after: 'Claude Code then needs the gateway: `openclaw env claude-code`.',
      },
      inClaudeSettings,
    ),
  );
}

/** What this user may not read is no leftover of theirs. */
function readIfThere(path: string): string | undefined {
  return unlessHidden(() => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile() || stat.size > largestBytes) return undefined;
    return readFileSync(path, 'utf8');
  }, undefined);
}
