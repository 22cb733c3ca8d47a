// The values that live in this user's files, for completion: logins, models, plugins, providers, ways to log in, places in
// the configuration. Asks no network and no keychain, and runs no plugin but those that come with the program.
import { buildCatalogue, type App } from '../../app.ts';
import { ownKeys } from '../../config/schema.ts';
import { shownName } from '../../config/secret-text.ts';
import { treeOf } from '../../config/tree.ts';
import { discoverPlugins, type DiscoveredPlugin } from '../../plugins/discovery.ts';
import { createPluginHost } from '../../plugins/host.ts';
import { cleanText } from '../../platform/text.ts';
import { builtinProviders } from '../../providers/builtin-providers.ts';
import type { Candidate } from './complete-words.ts';
import type { LiveKind } from './value-kinds.ts';

/** `before`: the arguments that are there, such as the provider whose logins are wanted. */
export async function liveValues(app: App, live: LiveKind, before: readonly string[]): Promise<Candidate[]> {
  const found = await find(app, live, before);
  // What cannot be typed as one harmless word is not offered, nor is a secret that stands where a name belongs.
  const fit = found.filter(
    ({ value }) =>
      value !== '' && cleanText(value, 300) === value && !/\s/.test(value) && shownName(value) === value,
  );
  return fit.map(({ value, description }) => ({ value, description: cleanText(description, 80) }));
}

function find(app: App, live: LiveKind, before: readonly string[]): Promise<Candidate[]> | Candidate[] {
  switch (live) {
    case 'profile':
      return profiles(app, before);
    case 'model':
      return models(app);
    case 'plugin':
      return discovered(app).map((plugin) => ({
        value: plugin.id,
        description:
          'error' in plugin ? 'cannot be read' : (plugin.manifest.description ?? plugin.manifest.name ?? ''),
      }));
    case 'auth-choice':
      return app
        .plugins()
        .choices()
        .map(({ choiceId, choiceLabel }) => ({ value: choiceId, description: choiceLabel }));
    case 'provider':
      return providers(app);
    case 'alias':
      return Object.entries(app.config().config.agents?.defaults?.models ?? {}).flatMap(([ref, { alias }]) =>
        alias === undefined ? [] : [{ value: alias, description: ref }],
      );
    case 'config-path':
      return configPaths(app.config().config);
  }
}

async function profiles(app: App, before: readonly string[]): Promise<Candidate[]> {
  const records = (await app.store().listProfiles()).filter(({ id }) => !before.includes(id));
  const [provider] = before;
  const own = records.filter((record) => record.provider === provider);
  return (own.length > 0 ? own : records).map((record) => ({
    value: record.id,
    description: [record.provider, record.region].filter(Boolean).join(' '),
  }));
}

async function models(app: App): Promise<Candidate[]> {
  const host = createPluginHost({
    discovered: discovered(app).filter(({ origin }) => origin === 'bundled'),
    config: app.config(),
    log: app.log,
    ports: { fetch: app.fetch, clock: app.clock, random: app.random },
    alsoEnabled: [],
  });
  const catalogue = await buildCatalogue(app, host);
  return catalogue
    .entries()
    .filter(({ available }) => available)
    .map(({ ref, route }) => ({ value: ref, description: route?.definition.name ?? '' }));
}

async function providers(app: App): Promise<Candidate[]> {
  const records = await app.store().listProfiles();
  const ids = [
    ...records.map(({ provider }) => provider),
    ...Object.keys(app.config().config.models?.providers ?? {}),
    ...builtinProviders.map(({ id }) => id),
    ...discovered(app).flatMap((plugin) => ('error' in plugin ? [] : (plugin.manifest.providers ?? []))),
  ];
  return [...new Set(ids)].sort().map((value) => ({ value, description: '' }));
}

function discovered(app: App): DiscoveredPlugin[] {
  return discoverPlugins({ config: app.config(), extensionsUrl: app.installation.extensions });
}

/** Every place that this program reads, with the names that are there for those that a person chooses. */
function configPaths(config: unknown): Candidate[] {
  const found = new Set<string>();
  for (const [section, keys] of Object.entries(ownKeys)) {
    for (const place of placesOf(config, section === '' ? [] : section.split('.'))) {
      for (const path of [place, ...keys.map((key) => [...place, key])]) {
        const text = pathWord(path);
        if (text !== undefined) found.add(text);
      }
    }
  }
  return [...found].sort().map((value) => ({ value, description: '' }));
}

/** The paths in `value` that a pattern with `*` means; names that are not there yet count where the pattern says them. */
function placesOf(value: unknown, pattern: readonly string[]): string[][] {
  const [first, ...rest] = pattern;
  if (first === undefined) return [[]];
  const tree = treeOf(value);
  const names = first === '*' ? Object.keys(tree) : [first];
  return names.flatMap((name) => placesOf(tree[name], rest).map((path) => [name, ...path]));
}

/** As it can be typed without quotes: `agents.defaults.models[minimax/MiniMax-M3].alias`. */
function pathWord(path: readonly string[]): string | undefined {
  let text = '';
  for (const part of path) {
    if (/^[A-Za-z_][\w-]*$/.test(part)) text += text === '' ? part : `.${part}`;
    else if (/^[\w@:/.-]+$/.test(part)) text += `[${part}]`;
    else return undefined;
  }
  return text === '' ? undefined : text;
}
