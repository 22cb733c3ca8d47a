// `models aliases list|add|remove`: further names of models, `agents.defaults.models.<ref>.alias` in the configuration and
// nothing else there.
import { isWrittenByOpenClaw } from '../../config/openclaw-keys.ts';
import { treeOf, valueAt, type Tree } from '../../config/tree.ts';
import { OpenClawError } from '../../errors.ts';
import { nearestName } from '../../platform/nearest.ts';
import { cleanText, quotedText } from '../../platform/text.ts';
import { splitRef } from '../../providers/collected-models.ts';
import { defaultName } from '../../providers/unknown-model.ts';
import { changeConfig, removalOf } from '../config-change.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { decideAlias } from '../model-alias.ts';
import { mayServe } from '../model-auth.ts';
import { readModelFacts, type ModelFacts } from '../model-facts.ts';
import { openApp } from '../open-app.ts';
import { whyNotServed } from '../why-not-served.ts';
import { formatTable } from '../ui/table.ts';
import { printWarning } from '../ui/warning.ts';

export type AliasState = {
  readonly alias: string;
  readonly ref: string;
  readonly served: boolean;
  /** Why it does not lead to that model. */
  readonly note?: string;
};

const modelsPath = ['agents', 'defaults', 'models'];

/** As written, those that another name goes before too. */
export function listAliases(facts: ModelFacts): AliasState[] {
  const entries = Object.entries(facts.config.config.agents?.defaults?.models ?? {});
  return entries
    .filter(([, { alias }]) => alias !== undefined && alias !== '')
    .map(([ref, { alias = '' }]) => describeAlias(alias, ref, facts));
}

function describeAlias(alias: string, ref: string, facts: ModelFacts): AliasState {
  const meant = facts.catalogue.resolve(alias);
  if (meant.ref !== ref) {
    const note =
      alias === defaultName ? 'this name stands for the default model' : `this name means ${meant.ref}`;
    return { alias, ref, served: false, note: cleanText(note, 160) };
  }
  const { provider = '', modelId } = splitRef(ref);
  const auth = facts.authOf(provider, modelId);
  if (meant.trouble === undefined && mayServe(auth)) return { alias, ref, served: true };
  const { trouble } = meant;
  const { why } = whyNotServed({ auth, ...(trouble === undefined ? {} : { trouble }) });
  return { alias, ref, served: false, note: `not served: ${why}` };
}

export function aliasToJson({ alias, ref, served, note }: AliasState): Record<string, unknown> {
  return { alias, ref, served, note: note ?? null };
}

export async function modelsAliasesList(context: CommandContext, options: OutputOptions): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const aliases = listAliases(await readModelFacts(app, output, { look: false }));
    output.result({ aliases: aliases.map(aliasToJson) });
    if (aliases.length === 0) {
      output.line('No aliases.');
      output.line('  Add one: openclaw models aliases add <alias> <ref>');
      return 0;
    }
    const rows = aliases.map(({ alias, ref, note }) => [
      cleanText(alias, 60),
      cleanText(ref, 120),
      output.style.warn(note ?? ''),
    ]);
    output.line(formatTable(rows).trimEnd());
    return 0;
  } finally {
    app.close();
  }
}

export async function modelsAliasesAdd(
  context: CommandContext,
  options: OutputOptions,
  alias: string,
  name: string,
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const facts = await readModelFacts(app, output, { look: true });
    const { catalogue } = facts;
    const target = catalogue.resolve(name);
    // One without credentials may get its name before its key.
    if (target.trouble !== undefined && target.route === undefined) throw target.trouble;
    const { ref } = target;
    const { note } = decideAlias({
      alias,
      ref,
      aliases: catalogue.aliases(),
      models: catalogue.entries(),
    });
    const before = facts.config.config.agents?.defaults?.models?.[ref]?.alias;
    const { changed } = await changeConfig(app, context.signal, ({ raw }) => {
      // Another program may have given the name away since.
      const aliases = aliasesIn(raw);
      decideAlias({ alias, ref, aliases, models: [] });
      return before === alias ? [] : [{ path: [...modelsPath, ref, 'alias'], value: alias }];
    });
    const was = before === undefined || before === '' ? '' : ` (it was ${cleanText(before, 60)})`;
    output.line(
      changed
        ? `${output.style.good('✓')} ${alias} means ${cleanText(ref, 120)} now${was}.`
        : `${alias} means ${cleanText(ref, 120)} already.`,
    );
    const notes = [note, changed ? allowlistNote(facts.config.raw) : undefined];
    for (const message of notes.filter((one) => one !== undefined)) {
      output.note(`Note: ${message}`, { event: 'note', message });
    }
    if (target.trouble !== undefined) {
      printWarning(output, target.trouble, 'it cannot be used yet.');
    }
    output.result({ alias, ref, before: before ?? null, changed, served: target.trouble === undefined });
    return 0;
  } finally {
    app.close();
  }
}

export async function modelsAliasesRemove(
  context: CommandContext,
  options: OutputOptions,
  alias: string,
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const config = app.config();
    const entries = Object.entries(config.config.agents?.defaults?.models ?? {});
    const refs = entries.filter(([, entry]) => entry.alias === alias).map(([ref]) => ref);
    if (refs.length === 0) {
      throw noSuchAlias(
        alias,
        entries.map(([, entry]) => entry.alias ?? '').filter((known) => known !== ''),
      );
    }
    for (const ref of refs) {
      await changeConfig(app, context.signal, ({ raw, text }) => {
        const path = [...modelsPath, ref, 'alias'];
        if (valueAt(raw, path) === undefined) return [];
        // OpenClaw takes the entries of this section, empty ones too, as the models that may be chosen there.
        return [isWrittenByOpenClaw(raw) ? { path, value: undefined } : removalOf(raw, text, path)];
      });
    }
    const shown = refs.map((ref) => cleanText(ref, 120)).join(', ');
    output.line(`${output.style.good('✓')} ${cleanText(alias, 60)} is no name of ${shown} any more.`);
    const users = usersOf(alias, config.config.agents?.defaults?.model);
    if (users !== undefined) {
      printWarning(output, {
        message: `${users} is named by this alias.`,
        remedy: 'See it: `openclaw models status`.',
      });
    }
    output.result({ alias, refs, changed: true });
    return 0;
  } finally {
    app.close();
  }
}

/** For a file that OpenClaw writes too, where this section begins to mean more than names. */
function allowlistNote(raw: Tree): string | undefined {
  if (!isWrittenByOpenClaw(raw) || valueAt(raw, modelsPath) !== undefined) return undefined;
  return 'OpenClaw, whose file this is too, takes agents.defaults.models as the list of all models that may be chosen there.';
}

/** As written, to ref. */
function aliasesIn(raw: Tree): ReadonlyMap<string, string> {
  const models = valueAt(raw, modelsPath);
  return new Map(
    Object.entries(treeOf(models)).flatMap(([ref, entry]) => {
      const { alias } = treeOf(entry);
      return typeof alias === 'string' ? [[alias, ref] as const] : [];
    }),
  );
}

function usersOf(
  alias: string,
  model: string | { primary?: string | undefined; fallbacks?: readonly string[] | undefined } | undefined,
): string | undefined {
  const { primary, fallbacks } = typeof model === 'string' ? { primary: model } : (model ?? {});
  if (primary === alias) return 'The default model';
  return fallbacks?.includes(alias) === true ? 'A fallback' : undefined;
}

function noSuchAlias(alias: string, known: readonly string[]): OpenClawError {
  const near = nearestName(alias, known);
  const there = known.map((name) => cleanText(name, 60)).join(', ');
  return new OpenClawError({
    code: 'MODEL_UNKNOWN',
    message: `There is no alias ${quotedText(alias, 60)}. ${there === '' ? 'There is none at all.' : `There is: ${there}.`}${near === undefined ? '' : ` Did you mean ${cleanText(near, 60)}?`}`,
    remedy: 'See them: `openclaw models aliases list`.',
  });
}
