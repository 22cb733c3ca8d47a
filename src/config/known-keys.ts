// Which keys and words of the configuration are known, and what a person most likely meant by one that is not: the same
// name in another spelling, a near one, or one of another section. Keys of this program and of OpenClaw are both fine.
import { nearestName } from '../platform/nearest.ts';
import type { ConfigPath } from './config-path.ts';
import { openClawKeys, openClawWords } from './openclaw-keys.ts';
import { ownKeys } from './schema.ts';

/** Means a part of the file that stands in another file, to OpenClaw. */
export const includeKey = '$include';

/** A section's keys by its path, with `*` for a name that a person chose. */
const knownKeys: ReadonlyMap<string, readonly string[]> = new Map(
  [...new Set([...Object.keys(ownKeys), ...Object.keys(openClawKeys)])].map((section) => [
    section,
    [...new Set([...(ownKeys[section] ?? []), ...(openClawKeys[section] ?? [])])],
  ]),
);

const words: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(openClawWords));

/** Sections whose keys are names that a person chose, or indexes. */
const openSections: ReadonlySet<string> = new Set([
  'env',
  'env.vars',
  'agents.defaults.model.fallbacks',
  'agents.defaults.models',
  'models.providers',
  'models.providers.*.models',
  'models.providers.*.models.*.input',
  'auth.profiles',
  'auth.order',
  'auth.order.*',
  'plugins.entries',
  'plugins.load.paths',
]);

/** What other programs, and people in a hurry, call some of the keys. */
const otherNames: ReadonlyMap<string, string> = new Map(
  Object.entries({
    url: 'baseUrl',
    endpoint: 'baseUrl',
    key: 'apiKey',
    secret: 'apiKey',
    default: 'primary',
    fallback: 'fallbacks',
    context: 'contextWindow',
    host: 'bind',
    address: 'bind',
  }),
);

/** By folded name: keys that mean one thing only, wherever they stand. */
const homes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    defaults: 'agents.defaults',
    model: 'agents.defaults.model',
    primary: 'agents.defaults.model.primary',
    fallbacks: 'agents.defaults.model.fallbacks',
    alias: 'agents.defaults.models["provider/model"].alias',
    providers: 'models.providers',
    baseurl: 'models.providers.<name>.baseUrl',
    apikey: 'models.providers.<name>.apiKey',
    contextwindow: 'models.providers.<name>.models[0].contextWindow',
    maxtokens: 'models.providers.<name>.models[0].maxTokens',
    order: 'auth.order',
    profiles: 'auth.profiles',
    entries: 'plugins.entries',
    port: 'gateway.port',
    bind: 'gateway.bind',
    token: 'gateway.auth.token',
    minimaxapikey: 'env.MINIMAX_API_KEY',
    anthropicapikey: 'env.ANTHROPIC_API_KEY',
  }),
);

/** `agents.defaults.models.*.alias` for the alias of any model. */
export function sectionOf(path: ConfigPath): string {
  return path.reduce<string>((section, part) => {
    const named = section === '' ? String(part) : `${section}.${part}`;
    const isNamed = typeof part === 'string' && (knownKeys.has(named) || openSections.has(named));
    return openSections.has(section) && !isNamed ? `${section}.*` : named;
  }, '');
}

/** undefined where every key is fine: names that a person chose, and sections that are not this program's. */
export function keysOf(path: ConfigPath): readonly string[] | undefined {
  const section = sectionOf(path);
  return openSections.has(section) ? undefined : knownKeys.get(section);
}

/** Every part of the way is a key that this program reads, or a name within such. What is elsewhere is OpenClaw's matter. */
export function isReadHere(path: ConfigPath): boolean {
  return path.every((part, depth) => {
    const keys = ownKeys[sectionOf(path.slice(0, depth))];
    return keys === undefined || typeof part === 'number' || keys.includes(part);
  });
}

export function wordsOf(path: ConfigPath): readonly string[] | undefined {
  return words.get(sectionOf(path));
}

/** The path with the first part that nobody knows as its last one; undefined when all of it is known. */
export function firstUnknown(path: ConfigPath): ConfigPath | undefined {
  for (const [depth, part] of path.entries()) {
    const known = keysOf(path.slice(0, depth));
    if (known !== undefined && typeof part === 'string' && part !== includeKey && !known.includes(part)) {
      return path.slice(0, depth + 1);
    }
  }
  return undefined;
}

/** The known key beside the last part of `path`: `base_url` is `baseUrl`, `prot` is `port`. */
export function nearestKey(path: ConfigPath): string | undefined {
  const known = keysOf(path.slice(0, -1));
  const name = String(path.at(-1) ?? '');
  if (known === undefined || name === '') return undefined;
  const folded = fold(name);
  const other = otherNames.get(folded);
  const same = known.find((key) => fold(key) === folded);
  // At the top a key of a deeper section is likelier than a slip: `model` is agents.defaults.model, and not `models`.
  if (same === undefined && path.length === 1 && homes.has(folded)) return undefined;
  return (
    same ?? nearestName(name, known) ?? (other !== undefined && known.includes(other) ? other : undefined)
  );
}

/** Where a key belongs that stands at a wrong place: `models.providers` for `providers`. */
export function homeOf(path: ConfigPath): string | undefined {
  const home = homes.get(fold(String(path.at(-1) ?? '')));
  return home === undefined || sectionOf(path) === home.replace(/<\w+>|"[^"]*"/g, '*') ? undefined : home;
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}
