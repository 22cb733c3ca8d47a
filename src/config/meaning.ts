// What is odd in a configuration whose types are right: names that lead nowhere. Cheap, and without any plugin's code: whether
// a model or a login is really there, the commands about models and logins tell.
import { nearestName } from '../platform/nearest.ts';
import { cleanText } from '../platform/text.ts';
import type { ConfigWarning } from './check.ts';
import { pathText, shellPath, type ConfigPath } from './config-path.ts';
import type { Json5Document } from './json5-document.ts';
import { wordsOf } from './known-keys.ts';
import { isWrittenByOpenClaw } from './openclaw-keys.ts';
import type { OpenClawConfig } from './schema.ts';
import { looksSecret } from './secret-places.ts';
import { isTree } from './tree.ts';

type Say = (path: ConfigPath, message: string, fix: string) => void;

/** In the order of the file. `pluginIds`: of those that there are. */
export function meaningWarnings(
  document: Json5Document,
  config: OpenClawConfig,
  pluginIds: readonly string[] | undefined,
): ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  const say: Say = (path, message, fix) =>
    void warnings.push({ path: pathText(path), ...document.placeOf(path), message, fix });
  modelRefs(config, say);
  aliases(config, say);
  providerModels(config, say);
  orders(config, say);
  words(document.value, [], say);
  variableNames(config, say);
  if (pluginIds !== undefined) pluginEntries(config, pluginIds, say);
  return warnings.sort((left, right) => left.line - right.line || left.column - right.column);
}

const refFix =
  'Write provider/model, for example "minimax/MiniMax-M3"; `openclaw models list` shows what there is.';

function modelRefs(config: OpenClawConfig, say: Say): void {
  const defaults = config.agents?.defaults;
  const refs = [
    ...Object.keys(defaults?.models ?? {}),
    ...Object.entries(config.models?.providers ?? {}).flatMap(([provider, { models }]) =>
      (models ?? []).map(({ id }) => `${provider}/${id}`),
    ),
  ];
  const known = new Set(Object.values(defaults?.models ?? {}).map(({ alias }) => alias));
  const check = (ref: string | undefined, path: ConfigPath): void => {
    if (ref === undefined || known.has(ref)) return;
    if (ref.trim() !== ref || ref === '') {
      say(path, `${pathText(path)} is ${ref === '' ? 'empty' : 'a name with space around it'}`, refFix);
    } else if (!ref.includes('/')) {
      const meant = refs.find((each) => each.endsWith(`/${ref}`));
      const fix = meant === undefined ? refFix : `Write "${cleanText(meant, 100)}".`;
      say(path, `${pathText(path)} names no provider, and there is no such alias in this file`, fix);
    } else if (/^\/|\/$/.test(ref)) say(path, `${pathText(path)} is not provider/model`, refFix);
    else checkCase(ref, path);
  };
  const checkCase = (ref: string, path: ConfigPath): void => {
    const slash = ref.indexOf('/');
    const id = ref.slice(slash + 1);
    const ids = (config.models?.providers?.[ref.slice(0, slash)]?.models ?? []).map((model) => model.id);
    const other = ids.includes(id) ? undefined : ids.find((each) => each.toLowerCase() === id.toLowerCase());
    if (other === undefined) return;
    const meant = cleanText(`${ref.slice(0, slash)}/${other}`, 100);
    say(path, `${pathText(path)} differs from the model ${meant} in capital letters`, `Write "${meant}".`);
  };
  const base: ConfigPath = ['agents', 'defaults', 'model'];
  const model = defaults?.model;
  if (typeof model === 'string') check(model, base);
  else {
    check(model?.primary, [...base, 'primary']);
    const seen = new Set<string | undefined>([model?.primary]);
    for (const [index, ref] of (model?.fallbacks ?? []).entries()) {
      const path = [...base, 'fallbacks', index];
      check(ref, path);
      if (seen.has(ref)) {
        say(
          path,
          `${pathText(path)} is in the chain already`,
          `Take it out: \`openclaw config unset ${shellPath(path)}\`.`,
        );
      }
      seen.add(ref);
    }
  }
  for (const ref of Object.keys(defaults?.models ?? {})) {
    if (ref.includes('/') || ref === '*') continue;
    const path = [...base.slice(0, -1), 'models', ref];
    say(path, `${pathText(path)} is not provider/model: nothing is called so`, refFix);
  }
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
