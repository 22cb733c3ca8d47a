// `models fallbacks list|add|remove|clear`: the models that stand in for the default one, `agents.defaults.model.fallbacks`
// in the configuration and nothing else there. Elements that stay are written as they were, `${NAME}` included.
import { OpenClawError } from '../../errors.ts';
import { substitute } from '../../config/substitute.ts';
import type { ConfigEdit } from '../../config/edit.ts';
import { treeOf, valueAt, type Tree } from '../../config/tree.ts';
import { cleanText, quotedText } from '../../platform/text.ts';
import type { NamedModel } from '../../providers/catalogue.ts';
import { defaultName } from '../../providers/unknown-model.ts';
import { changeConfig, removalOf, type ConfigSource } from '../config-change.ts';
import { createOutput, type CommandContext, type Output, type OutputOptions } from '../command-context.ts';
import { describeChain, describeService } from '../model-chain.ts';
import { readModelFacts, type ModelFacts } from '../model-facts.ts';
import { openApp } from '../open-app.ts';
import { whyNotServed } from '../why-not-served.ts';
import { printWarning } from '../ui/warning.ts';

const modelPath = ['agents', 'defaults', 'model'];
const fallbacksPath = [...modelPath, 'fallbacks'];

export async function modelsFallbacksList(context: CommandContext, options: OutputOptions): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const facts = await readModelFacts(app, output, { look: false });
    const { fallbacks, primary } = describeChain(facts);
    output.result({
      default: primary?.ref ?? null,
      fallbacks: fallbacks.map(({ ref, name, served, passedOver }) => ({ ref, name, served, passedOver })),
    });
    if (fallbacks.length === 0) {
      output.line('No fallbacks: when the default model fails, its error is the answer.');
      output.line('  Add one: openclaw models fallbacks add <ref>');
      return 0;
    }
    for (const [index, link] of fallbacks.entries()) {
      const state = link.served
        ? describeService(link, facts.nowMs)
        : output.style.warn(`not served: ${whyNotServed(link).why}`);
      output.line(`${index + 1}  ${cleanText(link.ref, 120)}  ${state}`);
    }
    return 0;
  } finally {
    app.close();
  }
}

export async function modelsFallbacksAdd(
  context: CommandContext,
  options: OutputOptions & { first?: boolean },
  name: string,
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const facts = await readModelFacts(app, output, { look: true });
    const target = facts.catalogue.resolve(name);
    const { primary } = facts.catalogue.chain();
    if (primary === undefined) throw noDefault(target.ref);
    // One without credentials may stand there before its key.
    if (target.trouble !== undefined && target.route === undefined) throw target.trouble;
    if (name === defaultName || primary.ref === target.ref) throw isTheDefault(target.ref);
    const first = options.first === true;
    const { changed } = await changeConfig(app, context.signal, (source) =>
      withFallbacks(source, (elements) => added(elements, target.ref, first, (one) => refOf(one, facts))),
    );
    const ref = cleanText(target.ref, 120);
    const refs = readRefs(app.reloadConfig().raw, facts);
    // The default model among them stands in for nothing.
    const others = refs.filter((one) => one !== primary.ref);
    const place = `fallback ${others.indexOf(target.ref) + 1} of ${others.length}`;
    output.line(
      changed ? `${output.style.good('✓')} ${ref} is ${place} now.` : `${ref} was ${place} already.`,
    );
    warnOf(output, facts, target);
    output.result({ ref: target.ref, fallbacks: refs, changed });
    return 0;
  } finally {
    app.close();
  }
}

export async function modelsFallbacksRemove(
  context: CommandContext,
  options: OutputOptions,
  name: string,
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const facts = await readModelFacts(app, output, { look: false });
    const { ref } = facts.catalogue.resolve(name);
    const { changed } = await changeConfig(app, context.signal, (source) =>
      withFallbacks(source, (elements) =>
        elements.filter((one) => one !== name && refOf(one, facts) !== ref),
      ),
    );
    const refs = readRefs(app.reloadConfig().raw, facts);
    if (!changed) throw notAmong(name, refs);
    output.line(`${output.style.good('✓')} ${cleanText(ref, 120)} is no fallback any more.`);
    output.result({ ref, fallbacks: refs, changed });
    return 0;
  } finally {
    app.close();
  }
}

export async function modelsFallbacksClear(context: CommandContext, options: OutputOptions): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const { changed } = await changeConfig(app, context.signal, (source) => withFallbacks(source, () => []));
    output.line(
      changed ? `${output.style.good('✓')} There are no fallbacks any more.` : 'There were no fallbacks.',
    );
    output.result({ fallbacks: [], changed });
    return 0;
  } finally {
    app.close();
  }
}

/** A default that is a plain string becomes an object where it gets company. */
function withFallbacks(
  { raw, text }: ConfigSource,
  change: (elements: readonly unknown[]) => readonly unknown[],
): ConfigEdit[] {
  const model = valueAt(raw, modelPath);
  const written = treeOf(model)['fallbacks'];
  const before: readonly unknown[] = Array.isArray(written) ? written : [];
  const after = change(before);
  if (typeof model === 'string') {
    return after.length === 0 ? [] : [{ path: modelPath, value: { primary: model, fallbacks: after } }];
  }
  if (after.length > 0)
    return written === undefined ? [{ path: fallbacksPath, value: after }] : listEdits(before, after);
  return written === undefined ? [] : [removalOf(raw, text, fallbacksPath)];
}

/** Element by element where it can be, so that comments between the others stay; a new order is written as a whole. */
function listEdits(before: readonly unknown[], after: readonly unknown[]): ConfigEdit[] {
  const grown = after.slice(before.length);
  if (after.length >= before.length && before.every((element, index) => after[index] === element)) {
    return grown.map((value, index) => ({ path: [...fallbacksPath, before.length + index], value }));
  }
  const kept = before.filter((element) => after.includes(element));
  if (kept.length !== after.length || kept.some((element, index) => after[index] !== element)) {
    return [{ path: fallbacksPath, value: after }];
  }
  return [...before.keys()]
    .filter((index) => !after.includes(before[index]))
    .toReversed()
    .map((index) => ({ path: [...fallbacksPath, index], value: undefined }));
}

/** Moves it to the front with `first`; otherwise one that is there stays where it is. */
function added(
  elements: readonly unknown[],
  ref: string,
  first: boolean,
  refOfElement: (element: unknown) => string | undefined,
): readonly unknown[] {
  const present = elements.find((element) => refOfElement(element) === ref);
  if (!first) return present === undefined ? [...elements, ref] : elements;
  return [present ?? ref, ...elements.filter((element) => refOfElement(element) !== ref)];
}

/** undefined for an element that names nothing, such as one whose variable is not set. */
function refOf(element: unknown, { catalogue, config }: ModelFacts): string | undefined {
  const { tree } = substitute(element, config.env);
  return typeof tree === 'string' ? catalogue.resolve(tree).ref : undefined;
}

function readRefs(raw: Tree, facts: ModelFacts): string[] {
  const written = valueAt(raw, fallbacksPath);
  const elements: readonly unknown[] = Array.isArray(written) ? written : [];
  return elements.map((one) => refOf(one, facts)).filter((ref) => ref !== undefined);
}

function warnOf(output: Output, facts: ModelFacts, { ref, trouble, route }: NamedModel): void {
  if (trouble !== undefined) {
    printWarning(output, trouble, 'it cannot be used yet.');
    return;
  }
  const { primary } = facts.catalogue.chain();
  const apis = primary?.route === undefined ? [] : [primary.route.api, ...(primary.route.furtherApis ?? [])];
  const own = route === undefined ? [] : [route.api, ...(route.furtherApis ?? [])];
  if (apis.length === 0 || own.some((api) => apis.includes(api))) return;
  const message = `${cleanText(ref, 120)} speaks ${own.join(', ')} and the default model ${apis.join(', ')}: nothing is translated, so it is passed over.`;
  const remedy = 'Name one of the same API. See them: `openclaw models list --json`.';
  printWarning(output, { message, remedy });
}

function noDefault(ref: string): OpenClawError {
  return new OpenClawError({
    code: 'MODEL_UNKNOWN',
    message: 'No default model is set, and fallbacks stand in for that one.',
    remedy: `Set it first: \`openclaw models set ${cleanText(ref, 120)}\`.`,
  });
}

function isTheDefault(ref: string): OpenClawError {
  return new OpenClawError({
    code: 'USAGE',
    message: `${cleanText(ref, 120)} is the default model itself.`,
    remedy: 'A fallback is another model. See them: `openclaw models list`.',
  });
}

function notAmong(name: string, refs: readonly string[]): OpenClawError {
  const there = refs.map((ref) => cleanText(ref, 120)).join(', ');
  return new OpenClawError({
    code: 'MODEL_UNKNOWN',
    message: `${quotedText(name, 120)} is no fallback. ${there === '' ? 'There is none at all.' : `There is: ${there}.`}`,
    remedy: 'See them: `openclaw models fallbacks list`.',
  });
}
