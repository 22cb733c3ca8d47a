// `config get` and `config path`: what stands in the file, as it is written. Secrets are dots, also with --json.
import { valueMeantAt } from '../../config/model-choice.ts';
import { parsePath, pathText, shellPath, type ConfigPath } from '../../config/config-path.ts';
import { maskedIn } from '../../config/secret-places.ts';
import { shownName } from '../../config/secret-text.ts';
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
import { closeSync, openSync, statSync } from 'node:fs';

export async function configGet(
  context: CommandContext,
  options: OutputOptions,
  written: string | undefined,
): Promise<number> {
  const output = createOutput(context, options);
  const wanted = written === undefined ? [] : parsePath(written);
  const config = readConfigFile(context);
  const path = fitPath(config.document.value, wanted);
  const value = path.length === 0 ? config.document.value : valueMeantAt(config.document.value, path);
  if (value === undefined) throw missing(config, path);
  const shown = maskedIn(config.document.value, path, value);
  output.line(shownValue(shown));
  output.result({ path: pathText(path), value: shown, file: config.file });
  return 0;
}

export async function configPath(context: CommandContext, options: OutputOptions): Promise<number> {
  const output = createOutput(context, options);
  const { configFile, stateDir, dotenvFile } = resolvePaths(context.env, context.homeDir);
  const { exists, trouble } = look(configFile);
  output.line(configFile);
  if (trouble !== undefined) output.note(`It cannot be read: ${trouble}.`);
  else if (!exists) output.note('It is not there yet, which is an empty configuration.');
  output.result({
    file: configFile,
    exists,
    ...(trouble === undefined ? {} : { trouble }),
    stateDir,
    dotenvFile,
    dotenvExists: look(dotenvFile).exists,
  });
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
  const shown = keys.slice(0, 8).map((key) => cleanText(shownName(key), 60));
  return new OpenClawError({
    ...init,
    remedy: `In ${pathText(parent)} there is: ${shown.join(', ')}${keys.length > shown.length ? ', …' : ''}. See it: \`openclaw config get ${shellPath(parent)}\`.`,
  });
}

/** `exists` is null where nobody can tell: behind a folder that this user may not enter, or a circle of links. */
function look(file: string): { exists: boolean | null; trouble?: string } {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true) return { exists: true, trouble: 'it is a folder' };
    if (stats?.isFile() === true) closeSync(openSync(file, 'r'));
    return { exists: stats !== undefined };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    const isThere = error instanceof Error && 'syscall' in error && error.syscall === 'open';
    return { exists: isThere ? true : null, trouble: troubleOf(code, isThere) };
  }
}

function troubleOf(code: string, isThere: boolean): string {
  if (code === 'ELOOP') return 'its symbolic links go round in a circle';
  const isRight = code === 'EACCES' || code === 'EPERM';
  if (!isRight) return `the system says ${cleanText(code, 40)}`;
  return `this user may not ${isThere ? 'read it' : 'enter its folder'} (${code})`;
}
