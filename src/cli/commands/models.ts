// `models list|set`: what the gateway can serve now, and the default among it.
import { editConfig } from '../../config/edit.ts';
import type { ModelRoute } from '../../providers/model-route.ts';
import { buildCatalogue } from '../../app.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { openApp } from '../open-app.ts';
import { printConfigWarnings } from '../ui/config-warnings.ts';
import { formatTable } from '../ui/table.ts';
import { currentDefault, defaultModelEdit } from '../default-model.ts';

/** For a server on this machine, where the configuration names one: what it has now, not what it had at the last look. */
const discoveryLimitMs = 500;

export async function modelsList(
  context: CommandContext,
  options: OutputOptions & { provider?: string; plain?: boolean },
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const config = app.config();
    printConfigWarnings(output, config);
    await app.discovery().look(discoveryLimitMs);
    const catalogue = await buildCatalogue(app, app.plugins());
    const routes = catalogue
      .list()
      .filter((route) => options.provider === undefined || route.provider === options.provider);
    const primary = currentDefault(config);
    output.result({ models: routes.map((route) => toJson(route, primary)), default: primary ?? null });
    if (options.plain === true) {
      for (const route of routes) output.line(route.ref);
      return 0;
    }
    const { style } = output;
    if (routes.length === 0) {
      output.line('No models: there is no login and no API key for any provider.');
      output.line('  Log in: openclaw onboard --auth-choice minimax-portal');
      return 0;
    }
    output.line(
      formatTable([
        ['Model', 'Input', 'Ctx', 'Out', 'Tags'].map(style.bold),
        ...routes.map((route) => [
          route.ref,
          route.definition.input.join('+'),
          formatCount(route.definition.contextWindow),
          formatCount(route.definition.maxTokens),
          route.ref === primary ? style.good('default') : '',
        ]),
      ]).trimEnd(),
    );
    return 0;
  } finally {
    app.close();
  }
}

export async function modelsSet(
  context: CommandContext,
  options: OutputOptions,
  ref: string,
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const config = app.config();
    await app.discovery().look(discoveryLimitMs);
    const catalogue = await buildCatalogue(app, app.plugins());
    const route = catalogue.find(ref);
    const { changed } = await editConfig({
      file: app.paths.configFile,
      edits: [defaultModelEdit(config, route.ref)],
      clock: app.clock,
      random: app.random,
    });
    output.line(
      changed ? `The default model is ${route.ref} now.` : `The default model was ${route.ref} already.`,
    );
    output.result({ default: route.ref, changed, configFile: app.paths.configFile });
    return 0;
  } finally {
    app.close();
  }
}

function toJson(route: ModelRoute, primary: string | undefined): Record<string, unknown> {
  const { definition } = route;
  return {
    ref: route.ref,
    provider: route.provider,
    id: route.modelId,
    name: definition.name,
    api: route.api,
    input: definition.input,
    contextWindow: definition.contextWindow,
    maxTokens: definition.maxTokens,
    cost: definition.cost,
    default: route.ref === primary,
  };
}

/** 204800 -> `205k`, 1000000 -> `1M`. */
function formatCount(count: number): string {
  if (count >= 1_000_000) return `${Number((count / 1_000_000).toFixed(1))}M`;
  return count >= 1_000 ? `${Math.round(count / 1_000)}k` : String(count);
}
