// `env`: the exports that point a tool at the gateway. The token is fetched by the shell when they are evaluated, so
// that it stays out of the scrollback.
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { OpenClawError } from '../../errors.ts';
import type { Env } from '../../platform/env.ts';
import { nearestName } from '../../platform/nearest.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { gatewayUrl, resolvePort } from '../gateway-address.ts';
import { openApp } from '../open-app.ts';
import { currentDefault } from './onboard.ts';

const tools = ['claude-code', 'anthropic'] as const;

export async function env(
  context: CommandContext,
  options: OutputOptions,
  named: string | undefined,
): Promise<number> {
  const output = createOutput(context, options);
  const tool = tools.find((known) => known === (named ?? 'anthropic'));
  if (tool === undefined) throw unknownTool(named ?? '');
  const app = openApp(context, options);
  const config = app.config();
  const baseUrl = gatewayUrl(config, resolvePort(undefined, config));
  const tokenCommand = [...selfCommand(context.env, context.installation.main), 'gateway', 'token'];
  const model = currentDefault(config) ?? 'default';
  const plain = toolVariables(tool, baseUrl, model);
  const tokenName = tool === 'claude-code' ? 'ANTHROPIC_AUTH_TOKEN' : 'ANTHROPIC_API_KEY';
  output.result({ tool, env: plain, token: { variable: tokenName, command: tokenCommand } });
  for (const [name, value] of Object.entries(plain)) output.line(`export ${name}=${quote(value)}`);
  output.line(`export ${tokenName}="$(${tokenCommand.map(quote).join(' ')})"`);
  // The tool would ask which of the two keys to use.
  if (tool === 'claude-code') output.line('unset ANTHROPIC_API_KEY');
  return Promise.resolve(0);
}

function toolVariables(tool: (typeof tools)[number], baseUrl: string, model: string): Record<string, string> {
  if (tool === 'anthropic') return { ANTHROPIC_BASE_URL: baseUrl };
  return {
    ANTHROPIC_BASE_URL: baseUrl,
    ANTHROPIC_MODEL: model,
    // What it would otherwise ask for by Anthropic's own names; the last is how older versions call the first.
    ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
    ANTHROPIC_DEFAULT_SONNET_MODEL: model,
    ANTHROPIC_DEFAULT_OPUS_MODEL: model,
    ANTHROPIC_SMALL_FAST_MODEL: model,
  };
}

function unknownTool(named: string): OpenClawError {
  const known = tools.join(', ');
  const near = nearestName(named, tools);
  const later = named === 'openai' || named === 'codex';
  return new OpenClawError({
    code: 'USAGE',
    message: later
      ? `The gateway speaks Anthropic's API; ${named} speaks another. There is: ${known}.`
      : `There is no tool ${JSON.stringify(named.slice(0, 40))}. There is: ${known}.${near === undefined ? '' : ` Did you mean ${near}?`}`,
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

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
