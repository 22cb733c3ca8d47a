// `models list`: what can be served now, and what the configuration names though it cannot, each with what opens it. With
// `--all` every model of the catalogue.
import type { App } from '../../app.ts';
import { OpenClawError } from '../../errors.ts';
import { nearestName } from '../../platform/nearest.ts';
import { cleanText, quotedText } from '../../platform/text.ts';
import { ownEntry } from '../../providers/address.ts';
import { builtinProviders } from '../../providers/builtin-providers.ts';
import { enableRemedy } from '../../providers/unknown-model.ts';
import { createOutput, type CommandContext, type Output, type OutputOptions } from '../command-context.ts';
import { readModelFacts, type ModelFacts } from '../model-facts.ts';
import { cellsOf, modelRows, rowToJson, type ModelRow } from '../model-rows.ts';
import { openApp } from '../open-app.ts';
import { loginAgain } from '../login-again.ts';
import { whyNotServed } from '../why-not-served.ts';
import { formatModelTable } from '../ui/model-table.ts';

export type ModelsListOptions = OutputOptions & { provider?: string; all?: boolean; plain?: boolean };

export async function modelsList(context: CommandContext, options: ModelsListOptions): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const facts = await readModelFacts(app, output, { look: true });
    const { provider } = options;
    if (provider !== undefined) checkProviderName(provider, app, facts);
    const rows = modelRows(facts, { all: options.all === true, provider });
    const { primary, fallbacks } = facts.catalogue.chain();
    output.result({
      models: rows.map(rowToJson),
      default: primary?.ref ?? null,
      fallbacks: fallbacks.map(({ ref }) => ref),
    });
    if (options.plain === true) {
      for (const { ref } of rows) output.line(cleanText(ref, 300));
      return 0;
    }
    if (rows.length === 0) printNone(output, facts, provider);
    else printRows(context, output, rows);
    if (options.all === true) printDisabled(output, app, provider);
    return 0;
  } finally {
    app.close();
  }
}

function printRows(context: CommandContext, output: Output, rows: readonly ModelRow[]): void {
  const { style } = output;
  const { terminal } = context;
  const paintOf = ({ tags, isDefault }: ModelRow) =>
    tags.includes('missing') ? style.warn : isDefault ? style.good : style.dim;
  const columns = terminal.outIsTty ? terminal.columns() : undefined;
  const shown = rows.map((row) => ({ cells: cellsOf(row), paint: paintOf(row) }));
  output.line(formatModelTable(shown, style, columns));
  const causes = Map.groupBy(
    rows.filter(({ tags }) => tags.includes('missing')),
    (row) => JSON.stringify(whyNotServed(row)),
  );
  for (const missing of causes.values()) printMissing(output, missing);
  const told = new Set([...causes.values()].flat().map(({ auth }) => auth.profileId));
  const ended = rows.filter(({ auth }) => auth.state === 'ended' && !told.has(auth.profileId));
  for (const [profileId = '', [row]] of Map.groupBy(ended, ({ auth }) => auth.profileId)) {
    output.line();
    output.line(style.warn(`Not served: the login ${cleanText(profileId, 120)} has ended.`));
    output.line(`  Log in again: ${loginAgain({ id: profileId, region: row?.auth.region })}`);
  }
}

/** Those of one cause. */
function printMissing(output: Output, rows: readonly ModelRow[]): void {
  const [first] = rows;
  if (first === undefined) return;
  const { why, remedy } = whyNotServed(first);
  const names = rows.map(({ ref, tags }) => {
    const roles = tags.filter((tag) => tag === 'default' || /^(fallback#|alias:)/.test(tag)).join(', ');
    return `${cleanText(ref, 120)} (${roles})`;
  });
  output.line();
  output.line(output.style.warn(`Not served: ${names.join(', ')}: ${why}`));
  output.line(`  ${remedy}`);
}

/** Of a plugin that is disabled no code is loaded, and no list is known. */
function printDisabled(output: Output, app: App, wanted: string | undefined): void {
  for (const { providerId, pluginId } of app.plugins().disabledProviders()) {
    if (wanted !== undefined && wanted !== providerId) continue;
    output.line();
    output.line(`Not in this list: ${cleanText(providerId, 60)}, whose plugin is disabled.`);
    output.line(`  ${enableRemedy(app.config().config, cleanText(pluginId, 60))}`);
  }
}

function printNone(output: Output, { catalogue, config }: ModelFacts, provider: string | undefined): void {
  if (provider === undefined) {
    const silent = builtinProviders.find(
      ({ id, listsModels }) =>
        listsModels === true && ownEntry(config.config.models?.providers, id) !== undefined,
    );
    if (silent !== undefined) {
      output.line(`No models: ${silent.label} is set up, and has named none yet.`);
      output.line('  Download one there and start its server, then: openclaw models list');
      return;
    }
    output.line('No models: there is no login and no API key for any provider.');
    output.line('  Log in: openclaw onboard --auth-choice minimax-portal');
    output.line('  What there could be: openclaw models list --all');
    return;
  }
  const known = catalogue.entries().find((entry) => entry.provider === provider);
  const { trouble } = catalogue.resolve(known?.ref ?? `${provider}/?`);
  const why = trouble?.data['why'];
  output.line(`No models of ${cleanText(provider, 60)}: ${typeof why === 'string' ? why : 'it has none'}.`);
  if (trouble !== undefined) output.line(`  ${trouble.remedy}`);
}

/** An empty table would say that a provider of this name has no models. */
function checkProviderName(provider: string, app: App, { catalogue, config, plugins }: ModelFacts): void {
  const known = [
    ...new Set([
      ...builtinProviders.map(({ id }) => id),
      ...app
        .plugins()
        .disabledProviders()
        .map(({ providerId }) => providerId),
      ...plugins.keys(),
      ...Object.keys(config.config.models?.providers ?? {}),
      ...catalogue.entries().map((entry) => entry.provider),
    ]),
  ].sort();
  if (known.includes(provider)) return;
  const near = nearestName(provider, known);
  throw new OpenClawError({
    code: 'USAGE',
    message: `There is no provider ${quotedText(provider, 60)}. There is: ${known.map((id) => cleanText(id, 60)).join(', ')}.${near === undefined ? '' : ` Did you mean ${cleanText(near, 60)}?`}`,
    remedy: 'See all of them: `openclaw models list --all`.',
  });
}
