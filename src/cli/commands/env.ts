// `env`: what points a tool at the gateway, to be evaluated by a shell. The token is fetched by that shell, so that it
// stays out of the scrollback. What is evaluated is false where there is no token, and where no gateway could serve: so
// `eval … && claude` stops. What is printed on an error is run.ts's, which settings a tool needs tool-settings.ts's.
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { buildCatalogue, type App } from '../../app.ts';
import { isOpenClawError, OpenClawError } from '../../errors.ts';
import type { Env } from '../../platform/env.ts';
import { nearestName } from '../../platform/nearest.ts';
import { shellWord } from '../../platform/shell-word.ts';
import { cleanText } from '../../platform/text.ts';
import type { ModelApi } from '../../plugin-sdk/index.ts';
import { isServedBy } from '../../providers/model-route.ts';
import type { CatalogueEntry } from '../../providers/catalogue.ts';
import { createOutput, type CommandContext, type Output, type OutputOptions } from '../command-context.ts';
import { currentDefault, currentFallbacks } from '../default-model.ts';
import { gatewayUrl, resolvePort } from '../gateway-address.ts';
import { probeGateway } from '../gateway-probe.ts';
import { findGateway, gatewayFiles } from '../gateway-record.ts';
import { openApp } from '../open-app.ts';
import { apiOfTool, tools, toolSettings, type Tool, type ToolModel } from '../tool-settings.ts';

export async function env(
  context: CommandContext,
  options: OutputOptions,
  named: string | undefined,
): Promise<number> {
  const output = createOutput(context, options);
  const tool = tools.find((known) => known === (named ?? 'anthropic'));
  if (tool === undefined) throw unknownTool(named ?? '');
  const app = openApp(context, options);
  try {
    const { url: baseUrl, isRunning } = await whereItServes(app, output);
    const tokenCommand = [...selfCommand(context.env, context.installation.main), 'gateway', 'token'];
    const api = apiOfTool[tool];
    const model = api === undefined ? 'default' : await modelFor(app, tool, api);
    const { variables, tokenVariable, cleared, program } = toolSettings(tool, baseUrl, model);
    const args = program === undefined ? {} : { args: program.args };
    output.result({
      tool,
      env: variables,
      token: { variable: tokenVariable, command: tokenCommand },
      gatewayRunning: isRunning,
      ...args,
    });
    for (const [name, value] of Object.entries(variables)) output.line(`export ${name}=${shellWord(value)}`);
    for (const name of cleared) output.line(`unset ${name}`);
    if (program !== undefined) {
      const { name } = program;
      output.line(`${name}() { command ${[name, ...program.args].map(shellWord).join(' ')} "$@"; }`);
    }
    // `export X="$(…)"` in one would succeed whatever becomes of the command.
    output.line(`${tokenVariable}="$(${tokenCommand.map(shellWord).join(' ')})" && export ${tokenVariable}`);
    if (output.json) return 0;
    const missing = await whatIsMissing(baseUrl, isRunning);
    if (missing !== undefined) {
      output.note(missing);
      output.line('false');
    }
    return 0;
  } finally {
    app.close();
  }
}

/**
 * The address of the gateway that runs, however it was given; before there is one, what the configuration says.
 * `isRunning`: whether this state folder has one; null where nobody can tell.
 */
async function whereItServes(app: App, output: Output): Promise<{ url: string; isRunning: boolean | null }> {
  let isRunning: boolean | null = null;
  try {
    const { running } = await findGateway(gatewayFiles(app.paths.runDir), app.clock);
    if (running?.url) return { url: running.url, isRunning: true };
    isRunning = running !== undefined;
  } catch (error) {
    if (!isOpenClawError(error)) throw error;
    output.note(`Whether a gateway runs is not known: ${error.message}`, {
      event: 'warning',
      code: error.code,
      message: error.message,
    });
  }
  const config = app.config();
  return { url: gatewayUrl(config, resolvePort(undefined, config)), isRunning };
}

/** Why a tool would meet nothing, or errors alone. One that keeps everything in memory is in no state folder. */
async function whatIsMissing(url: string, isRunning: boolean | null): Promise<string | undefined> {
  const health = await probeGateway(url);
  if (typeof health === 'string') {
    return isRunning === false ? 'No gateway runs yet: openclaw gateway start' : undefined;
  }
  return health.ready
    ? undefined
    : `The gateway at ${url} cannot serve: ${cleanText(health.reason ?? '', 300)}`;
}

/** The default model, else the first of its fallbacks, else of all models that is served by the tool's API. */
async function modelFor(app: App, tool: Tool, api: ModelApi): Promise<ToolModel> {
  const config = app.config();
  const primary = currentDefault(config);
  const catalogue = await buildCatalogue(app, app.plugins());
  const entries = catalogue.entries();
  const list = catalogue.list();
  const served = ({ route }: Partial<CatalogueEntry> = {}): ToolModel | undefined =>
    route !== undefined && isServedBy(route, api) ? route : undefined;
  const called = (name: string): CatalogueEntry | undefined =>
    entries.find(({ ref, aliases }) => ref === name || aliases.includes(name));
  const primaryEntry = primary === undefined ? undefined : called(primary);
  const found =
    served(primaryEntry ?? entries.find(({ isDefault }) => isDefault)) ??
    currentFallbacks(config)
      .map((name) => served(called(name)))
      .find((model) => model !== undefined) ??
    list.find((route) => isServedBy(route, api));
  if (found !== undefined) return found;
  // Before the first login nothing is known; the gateway says by itself what is missing then.
  if (api === 'anthropic-messages' && primaryEntry === undefined) return 'default';
  if (list.length === 0) {
    throw new OpenClawError({
      code: 'MODEL_UNKNOWN',
      message: `There is no model for ${tool} yet: there is no login and no key.`,
      remedy: 'Log in, or give a key: `openclaw onboard`.',
    });
  }
  throw new OpenClawError({
    code: 'MODEL_UNKNOWN',
    message: `There is no model for ${tool}: it speaks the API ${api} alone${primary === undefined ? '' : `, and ${cleanText(primary, 120)} is not served by it`}.`,
    remedy: `Add a provider with api: "${api}" under models.providers in openclaw.json, then see \`openclaw models list\`.`,
  });
}

function unknownTool(named: string): OpenClawError {
  const known = tools.join(', ');
  const near = nearestName(named, tools);
  return new OpenClawError({
    code: 'USAGE',
    message: `There is no tool ${JSON.stringify(named.slice(0, 40))}. There is: ${known}.${near === undefined ? '' : ` Did you mean ${near}?`}`,
    remedy: 'For example: `openclaw env claude-code`.',
  });
}

/** `openclaw` where that name leads to this program, else Node and the file. */
function selfCommand(environment: Env, main: string): string[] {
  for (const folder of (environment['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    const candidate = join(folder, 'openclaw');
    try {
      accessSync(candidate, constants.X_OK);
      if (realpathSync(candidate) === realpathSync(main)) return ['openclaw'];
      break;
    } catch {
      // Not in this folder.
      continue;
    }
  }
  return [process.execPath, main];
}
