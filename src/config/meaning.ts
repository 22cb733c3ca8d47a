// What is odd in a configuration whose types are right: names that lead nowhere. Cheap, and without any plugin's code: whether
// a model can be served or a login is there, the commands about models and logins tell. Names of models: model-names.ts.
import { nearestName } from '../platform/nearest.ts';
import { cleanText } from '../platform/text.ts';
import type { ConfigWarning } from './check.ts';
import { pathText, shellPath, type ConfigPath } from './config-path.ts';
import type { Json5Document } from './json5-document.ts';
import { wordsOf } from './known-keys.ts';
import { modelNames, type KnownModels } from './model-names.ts';
import { isWrittenByOpenClaw } from './openclaw-keys.ts';
import type { OpenClawConfig } from './schema.ts';
import { looksSecret } from './secret-text.ts';
import { isTree } from './tree.ts';

type Say = (path: ConfigPath, message: string, fix: string) => void;

/** In the order of the file. `pluginIds`: of those that there are. What is not known is not held against the file. */
export function meaningWarnings(
  document: Json5Document,
  config: OpenClawConfig,
  known: { pluginIds?: readonly string[] | undefined; models?: KnownModels | undefined },
): ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  const say: Say = (path, message, fix) =>
    void warnings.push({ path: pathText(path), ...document.placeOf(path), message, fix });
  modelNames(config, known.models, say);
  aliases(config, say);
  providerModels(config, say);
  orders(config, say);
  words(document.value, [], say);
  variableNames(config, say);
  if (known.pluginIds !== undefined) pluginEntries(config, known.pluginIds, say);
  return warnings.sort((left, right) => left.line - right.line || left.column - right.column);
}

function aliases(config: OpenClawConfig, say: Say): void {
  const holders = new Map<string, string>();
  for (const [ref, { alias }] of Object.entries(config.agents?.defaults?.models ?? {})) {
    if (alias === undefined) continue;
    const path = ['agents', 'defaults', 'models', ref, 'alias'];
    const name = alias.toLowerCase();
    const holder = holders.get(name);
    if (holder !== undefined) {
      say(
        path,
        `${pathText(path)} is the alias of ${cleanText(holder, 100)} already`,
        'Give each model an alias of its own.',
      );
    }
    holders.set(name, holder ?? ref);
  }
}

function providerModels(config: OpenClawConfig, say: Say): void {
  for (const [provider, { models, baseUrl }] of Object.entries(config.models?.providers ?? {})) {
    const base = ['models', 'providers', provider];
    if (baseUrl !== undefined && /\/(?:v1\/)?(?:messages|chat\/completions|responses)\/?$/.test(baseUrl)) {
      const path = [...base, 'baseUrl'];
      say(
        path,
        `${pathText(path)} ends in the path of a single call`,
        'Leave that end out: it is put behind the address.',
      );
    }
    const seen = new Set<string>();
    for (const [index, { id }] of (models ?? []).entries()) {
      const path = [...base, 'models', index, 'id'];
      if (seen.has(id)) say(path, `${pathText(path)} is there twice`, 'Take one of the two models out.');
      seen.add(id);
    }
  }
}

function orders(config: OpenClawConfig, say: Say): void {
  for (const [provider, profiles] of Object.entries(config.auth?.order ?? {})) {
    const base = ['auth', 'order', provider];
    if (profiles.length === 0) {
      say(
        base,
        `${pathText(base)} is empty: no login of ${cleanText(provider, 60)} is ever used`,
        `Name its logins, or take it out: \`openclaw config unset ${shellPath(base)}\`.`,
      );
    }
    for (const [index, profile] of profiles.entries()) {
      const path = [...base, index];
      if (profiles.indexOf(profile) < index) {
        say(
          path,
          `${pathText(path)} is in this order already`,
          `Take it out: \`openclaw config unset ${shellPath(path)}\`.`,
        );
      } else if (!profile.startsWith(`${provider}:`)) {
        const named = looksSecret(profile) ? '' : ` ${cleanText(provider, 60)}:<name>`;
        say(
          path,
          `${pathText(path)} is no login of ${cleanText(provider, 60)}`,
          `Logins of a provider are called${named}; \`openclaw auth status\` shows them.`,
        );
      }
    }
  }
}

/** Words where there are only some. */
function words(value: unknown, path: ConfigPath, say: Say): void {
  if (typeof value === 'string') {
    const known = wordsOf(path);
    if (known === undefined || known.includes(value)) return;
    const meant = nearestName(value, known);
    say(
      path,
      `${pathText(path)} is none of ${known.join(', ')}`,
      meant === undefined ? 'Write one of them.' : `Write "${meant}".`,
    );
  } else if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) words(element, [...path, index], say);
  } else if (isTree(value)) {
    for (const [name, child] of Object.entries(value)) words(child, [...path, name], say);
  }
}

function variableNames(config: OpenClawConfig, say: Say): void {
  const { vars, shellEnv: _, ...block } = config.env ?? {};
  const names = [
    ...Object.keys(block).map((name) => ['env', name]),
    ...Object.keys(vars ?? {}).map((name) => ['env', 'vars', name]),
  ];
  for (const path of names) {
    if (/^[A-Za-z_]\w*$/.test(path.at(-1) ?? '')) continue;
    say(
      path,
      `${pathText(path)} is no name that a variable can have`,
      'Use letters, digits and _ alone, for example MINIMAX_API_KEY.',
    );
  }
}

function pluginEntries(config: OpenClawConfig, ids: readonly string[], say: Say): void {
  // OpenClaw has many plugins that are not here; where it owns the file, only a near miss is surely a slip.
  const isShared = isWrittenByOpenClaw(config);
  for (const id of Object.keys(config.plugins?.entries ?? {})) {
    if (ids.includes(id)) continue;
    const path = ['plugins', 'entries', id];
    const isPart = (each: string): boolean => id.length > 4 && (each.startsWith(id) || id.startsWith(each));
    const near = nearestName(id, ids) ?? ids.find(isPart);
    if (near !== undefined) {
      say(
        path,
        `${pathText(path)}: there is no such plugin. Did you mean ${near}?`,
        `Rename it to "${near}".`,
      );
    } else if (!isShared) {
      say(
        path,
        `${pathText(path)}: there is no such plugin here`,
        'See what there is: `openclaw plugins list`. A plugin of your own is found through plugins.load.paths.',
      );
    }
  }
}
