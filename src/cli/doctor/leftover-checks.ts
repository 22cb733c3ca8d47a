// MiniMax credentials that other tools keep in plain text on this machine: where, and of which kind; never their values.
// Nothing is looked at but the files that these tools are known to write, and nothing changed without a word for it.
import { readFileSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { listed } from '../ui/sentence.ts';
import type { Check, DoctorPorts } from './check.ts';
import type { CheckId } from './check-ids.ts';
import { namesIn, unlessHidden } from './file-look.ts';
import { ok, shown, type Finding } from './finding.ts';
import { authRows, scrubDatabase, scrubJson, scrubYaml } from './leftover-scrub.ts';
import {
  inAgentModels,
  inAuthProfiles,
  inClaudeSettings,
  inMmx,
  type PlainSecret,
  type SecretKind,
} from './leftover-secrets.ts';

type Place = {
  readonly id: Extract<CheckId, `leftover.${string}`>;
  readonly tool: string;
  readonly path: string;
  /** How the tool gets a login of its own again. */
  readonly after: string;
  readonly find: () => SecretKind[];
  readonly scrub: () => number;
};

/** No such file is longer; what is, is none. */
const largestBytes = 4 * 1024 * 1024;

export const leftoverCheck: Check = {
  name: 'other tools',
  run(ports) {
    const places = [...openclawPlaces(ports), ...mmxPlaces(ports), ...claudePlaces(ports)];
    const findings = places.flatMap(judgePlace);
    const bad = new Set(findings.map(({ id }) => id));
    const all = ['leftover.openclaw', 'leftover.mmx', 'leftover.claude-code'] as const;
    return [...findings, ...all.filter((id) => !bad.has(id)).map((id) => ok(id, 'nothing in plain text'))];
  },
};

function judgePlace({ id, tool, path, after, find, scrub }: Place): Finding[] {
  const kinds = [...new Set(find())];
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
      if (text === undefined) return [];
      try {
        return find(JSON.parse(text)).map(({ kind }) => kind);
      } catch (error) {
        // Whatever it is, it is not what that tool writes.
        if (error instanceof SyntaxError) return [];
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

function findInDatabase(path: string): SecretKind[] {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return [];
  const db = new DatabaseSync(path, { readOnly: true, timeout: 500 });
  try {
    return authRows(db).flatMap(({ json }) => inAuthProfiles(JSON.parse(json)).map(({ kind }) => kind));
  } finally {
    db.close();
  }
}

const yamlKey = /^api_key:\s*\S/;

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
        find: (): SecretKind[] =>
          (readIfThere(path) ?? '').split('\n').some((line) => yamlKey.test(line)) ? ['API key'] : [],
        scrub: () => scrubYaml(path, yamlKey),
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
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  }, undefined);
}
