// `config get` and `config path`: what stands in the file, as it is written. Secrets are dots, also with --json.
import { valueAt } from '../../config/tree.ts';
import { parsePath, pathText, shellPath, type ConfigPath } from '../../config/config-path.ts';
import { masked } from '../../config/secret-places.ts';
import { OpenClawError } from '../../errors.ts';
import { cleanText } from '../../platform/text.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import {
  fitPath,
  isKnownKey,
  readConfigFile,
  shownValue,
  whatIsThere,
  type ConfigFile,
} from '../config-file.ts';
import { resolvePaths } from '../../config/paths.ts';
import { statSync } from 'node:fs';

export async function configGet(
  context: CommandContext,
  options: OutputOptions,
  written: string | undefined,
): Promise<number> {
  const output = createOutput(context, options);
  const wanted = written === undefined ? [] : parsePath(written);
  const config = readConfigFile(context);
  const path = fitPath(config.document.value, wanted);
  const value = path.length === 0 ? config.document.value : valueAt(config.document.value, path);
  if (value === undefined) throw missing(config, path);
  const shown = masked(value, path);
  output.line(shownValue(shown));
  output.result({ path: pathText(path), value: shown, file: config.file });
  return 0;
}

export async function configPath(context: CommandContext, options: OutputOptions): Promise<number> {
  const output = createOutput(context, options);
  const { configFile, stateDir, dotenvFile } = resolvePaths(context.env, context.homeDir);
  const exists = isThere(configFile);
  output.line(configFile);
  if (!exists) output.note('It is not there yet, which is an empty configuration.');
  output.result({ file: configFile, exists, stateDir, dotenvFile, dotenvExists: isThere(dotenvFile) });
  return 0;
}

function missing(config: ConfigFile, path: ConfigPath): OpenClawError {
  const { file, exists, document } = config;
  const { parent, nearest, keys } = whatIsThere(document.value, path);
  const name = pathText(path);
  const place = cleanText(file, 400);
  const message = exists
    ? `${name} is not set in ${place}.`
    : `${name} is not set: ${place} is not there, which is an empty configuration.`;
  const init = { code: 'CONFIG_KEY_MISSING', message, data: { place } } as const;
  if (nearest !== undefined && !isKnownKey(path)) {
    return new OpenClawError({
      ...init,
      remedy: `Did you mean ${pathText(nearest)}? \`openclaw config get ${shellPath(nearest)}\``,
    });
  }
  if (parent.length === 0 || keys.length === 0) return new OpenClawError(init);
  const shown = keys.slice(0, 8).map((key) => cleanText(key, 60));
  return new OpenClawError({
    ...init,
    remedy: `In ${pathText(parent)} there is: ${shown.join(', ')}${keys.length > shown.length ? ', …' : ''}. See it: \`openclaw config get ${shellPath(parent)}\`.`,
  });
}

function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}
