// Names of models in a configuration that lead nowhere: no provider, another spelling, nobody that has them. Pure, and without
// credentials: whether a model that is there can be served now, the commands about models tell.
import { nearestName } from '../platform/nearest.ts';
import { shellWord } from '../platform/shell-word.ts';
import { cleanText } from '../platform/text.ts';
import { pathText, shellPath, type ConfigPath } from './config-path.ts';
import { isWrittenByOpenClaw } from './openclaw-keys.ts';
import type { OpenClawConfig } from './schema.ts';
import { shownName } from './secret-text.ts';

/** What can be known of models without a plugin's code, a login and a network. */
export type KnownModels = {
  /** `provider/model`: those that come with the program, and those of the file. */
  readonly refs: readonly string[];
  /** Providers that may have others too: only their plugin, or their server, can say. */
  readonly openProviders: readonly string[];
};

type Say = (path: ConfigPath, message: string, fix: string) => void;

/** How a name is mended where it is a value, and where it is a key. */
type Where = { readonly path: ConfigPath; readonly isKey: boolean };

const refFix =
  'Write provider/model, for example "minimax/MiniMax-M3"; `openclaw models list` shows what there is.';

/** Without `known`, names are held against those of the file alone, for their spelling. */
export function modelNames(config: OpenClawConfig, known: KnownModels | undefined, say: Say): void {
  const defaults = config.agents?.defaults;
  const own = ownRefs(config);
  const refs = [...Object.keys(defaults?.models ?? {}), ...own, ...(known?.refs ?? [])];
  const aliases = new Set(Object.values(defaults?.models ?? {}).map(({ alias }) => alias));
  const check = (ref: string | undefined, path: ConfigPath): void => {
    if (ref === undefined || aliases.has(ref)) return;
    if (ref.trim() !== ref || ref === '') {
      say(path, `${pathText(path)} is ${ref === '' ? 'empty' : 'a name with space around it'}`, refFix);
    } else if (!ref.includes('/')) {
      bareId(ref, path);
    } else if (/^\/|\/$/.test(ref)) say(path, `${pathText(path)} is not provider/model`, refFix);
    else whoHas(ref, { path, isKey: false });
  };
  /** By its bare id a model is named where one provider has it. */
  const bareId = (ref: string, path: ConfigPath): void => {
    const having = [...own, ...(known?.refs ?? [])];
    if (having.some((each) => each.endsWith(`/${ref}`))) return;
    if (known?.openProviders.some((provider) => isNamed(provider, config)) === true) return;
    const meant = refs.find((each) => each.toLowerCase().endsWith(`/${ref.toLowerCase()}`));
    const fix = meant === undefined ? refFix : `Write "${cleanText(meant, 100)}".`;
    say(path, `${pathText(path)} names no provider, and there is no such alias in this file`, fix);
  };
  const whoHas = (ref: string, where: Where): void => {
    if (known === undefined) otherCase(ref, own, where, say);
    else if (!otherCase(ref, known.refs, where, say)) unknownRef(ref, where, { config, known }, say);
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
    const path = [...base.slice(0, -1), 'models', ref];
    // `*` and `provider/*` are OpenClaw's, for all of them.
    if (/(?:^|\/)\*$/.test(ref)) continue;
    if (!ref.includes('/')) {
      say(path, `${pathText(path)} is not provider/model: nothing is called so`, refFix);
    } else if (!/^\/|\/$/.test(ref)) whoHas(ref, { path, isKey: true });
  }
}

function ownRefs(config: OpenClawConfig): string[] {
  return Object.entries(config.models?.providers ?? {}).flatMap(([provider, { models }]) =>
    (models ?? []).map(({ id }) => `${provider}/${id}`),
  );
}

/** There is a block, a login or a model of it in this file: it is more than what could be added. */
function isNamed(provider: string, { models, auth, agents }: OpenClawConfig): boolean {
  const { model, models: entries = {} } = agents?.defaults ?? {};
  const chosen = typeof model === 'string' ? [model] : [model?.primary ?? '', ...(model?.fallbacks ?? [])];
  return (
    Object.hasOwn(models?.providers ?? {}, provider) ||
    Object.hasOwn(auth?.order ?? {}, provider) ||
    [...chosen, ...Object.keys(entries)].some((ref) => ref.startsWith(`${provider}/`))
  );
}

/** What a provider of the file lacks that lists no models: `fix` has the key, and the command that writes it. */
export function unlisted(
  provider: string,
  id: string,
  config: OpenClawConfig,
): { why: string; fix: string } | undefined {
  const { providers = {}, mode } = config.models ?? {};
  if (!Object.hasOwn(providers, provider) || (providers[provider]?.models ?? []).length > 0) return undefined;
  const path = ['models', 'providers', provider];
  const shownId = shownName(cleanText(id, 100));
  const all = mode === 'replace' ? ', and with models.mode "replace" there are no others' : '';
  const merge =
    mode === 'replace'
      ? ' Or let those count that it has by itself: `openclaw config set models.mode merge`.'
      : '';
  const command = `openclaw config set ${shellPath([...path, 'models', 0, 'id'])} ${shellWord(shownId)}`;
  return {
    why: `the provider ${shownName(cleanText(provider, 60))} lists no models${all}`,
    fix: `Put models: [{ id: ${JSON.stringify(shownId)} }] under ${pathText(path)}: \`${command}\`.${merge}`,
  };
}

/** True where that was it, and where nothing is wrong. */
function otherCase(ref: string, refs: readonly string[], { path, isKey }: Where, say: Say): boolean {
  if (refs.includes(ref)) return true;
  const other = refs.find((each) => each.toLowerCase() === ref.toLowerCase());
  if (other === undefined) return false;
  const meant = cleanText(other, 100);
  say(path, `${pathText(path)} differs from the model ${meant} in capital letters`, mending(meant, isKey));
  return true;
}

function unknownRef(
  ref: string,
  { path, isKey }: Where,
  { config, known }: { config: OpenClawConfig; known: KnownModels },
  say: Say,
): void {
  const slash = ref.indexOf('/');
  const provider = ref.slice(0, slash);
  if (known.openProviders.includes(provider)) return;
  const siblings = known.refs.filter((each) => each.startsWith(`${provider}/`));
  const isProvider = siblings.length > 0;
  const near =
    nearestName(ref, siblings) ??
    nearestName(ref, known.refs) ??
    ofNearProvider(provider, ref.slice(slash + 1), known);
  // OpenClaw has more providers and newer models than there are here; where it owns the file, those are its matter.
  const isShared = isWrittenByOpenClaw(config);
  const lacking = isProvider ? undefined : unlisted(provider, ref.slice(slash + 1), config);
  if (isShared && (isProvider ? isKey : lacking !== undefined || near === undefined)) return;
  const name = pathText(path);
  if (lacking !== undefined) {
    say(path, `${name}: ${lacking.why}`, lacking.fix);
    return;
  }
  const meant = near === undefined ? undefined : cleanText(near, 100);
  const what = isProvider
    ? `${name}: ${cleanText(provider, 60)} has no model of that id here`
    : `${name}: there is no such provider here`;
  if (meant !== undefined) say(path, `${what}. Did you mean ${meant}?`, mending(meant, isKey));
  else say(path, what, remedy(provider, isProvider, config));
}

/** A slip in the provider's name, of one that lists its models itself too. */
function ofNearProvider(provider: string, id: string, known: KnownModels): string | undefined {
  const near = nearestName(provider, known.openProviders);
  return near === undefined ? undefined : `${near}/${id}`;
}

function mending(meant: string, isKey: boolean): string {
  return isKey ? `Rename it to "${meant}".` : `Write "${meant}".`;
}

function remedy(provider: string, isProvider: boolean, config: OpenClawConfig): string {
  const list = 'See what there is: `openclaw models list`.';
  if (isProvider) {
    return `${list} One that the service has and the list has not is added under ${pathText(['models', 'providers', provider, 'models'])}.`;
  }
  return config.models?.mode === 'replace'
    ? 'With models.mode "replace" those that come with the program are left out: `openclaw config set models.mode merge` brings them back.'
    : `Add it under models.providers, or log in: \`openclaw onboard\`. ${list}`;
}
