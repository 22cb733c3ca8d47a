// What is said when a value of openclaw.json has been written: where, when a gateway follows, and what is odd now, at that
// place and elsewhere through it. What was written, and how a value is shown, is config-set.ts's.
import type { ConfigWarning } from '../config/check.ts';
import { pathText, type ConfigPath } from '../config/config-path.ts';
import type { EditResult } from '../config/edit.ts';
import { readTextFile } from '../config/load.ts';
import { valueMeantAt } from '../config/model-choice.ts';
import { findConfigProblems, type ConfigFindings } from '../config/problems.ts';
import { isOpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import type { CommandContext, Output } from './command-context.ts';
import { describeEffect, effectOf } from './config-effect.ts';
import { readConfigFile, whatIsKnown, type ConfigFile } from './config-file.ts';
import { pluginSettingWarnings } from './plugin-settings.ts';

/** Values as they may be shown; null: none. */
export type ChangeDocument = { path: string; from: unknown; to: unknown; file: string };

/** `config` as it was before. */
export async function reportChange(
  context: CommandContext,
  output: Output,
  config: ConfigFile,
  path: ConfigPath,
  result: EditResult,
  document: ChangeDocument,
): Promise<void> {
  const effect = effectOf(path);
  output.line(`  File    ${cleanText(config.file, 400)}`);
  if (result.backup !== undefined) output.line(`  Backup  ${cleanText(result.backup, 400)}`);
  output.line(`  ${describeEffect(effect)}`);
  const left = otherNames(result);
  if (left !== undefined) output.note(left, { event: 'note', message: left });
  const { document: written, text } = readConfigFile(context);
  const settings = path[0] === 'plugins' ? await pluginSettingWarnings(context, {}) : [];
  const about = [...warningsAfter(context, config, text, path), ...settings];
  for (const { message, fix } of about) {
    output.note(`Warning: ${message}${fix === undefined ? '' : `\n  ${fix}`}`);
  }
  output.result({
    ...document,
    changed: result.changed,
    exists: valueMeantAt(written.value, path) !== undefined,
    backup: result.backup ?? null,
    effect,
    warnings: about,
  });
}

/** What is odd at this place now, and elsewhere what was not before. */
function warningsAfter(
  context: CommandContext,
  config: ConfigFile,
  after: string,
  path: ConfigPath,
): readonly ConfigWarning[] {
  const known = whatIsKnown(context, config.file);
  const { dotenvFile } = config.paths;
  const dotenv = dotenvText(dotenvFile);
  const find = (text: string): ConfigFindings =>
    findConfigProblems(text, config.file, { env: context.env, dotenv, dotenvFile, ...known });
  const former = find(config.text);
  const wasThere = new Set(former.warnings.map(({ message }) => message));
  // Where the gateway listens and the token that it asks for belong together.
  const concerned = path[0] === 'gateway' ? 'gateway.' : pathText(path);
  // In a file that did not load before, meaning was not looked at.
  const isNew = (message: string): boolean => former.problems.length === 0 && !wasThere.has(message);
  return find(after).warnings.filter(
    ({ path: place, message, isInformation }) =>
      isInformation !== true && (place.startsWith(concerned) || isWithin(concerned, place) || isNew(message)),
  );
}

/** The value is written by now: that this file cannot be read is for `config validate` to say. */
function dotenvText(file: string): string | undefined {
  try {
    return readTextFile(file);
  } catch (error) {
    if (isOpenClawError(error)) return undefined;
    throw error;
  }
}

function isWithin(inner: string, outer: string): boolean {
  return outer !== '' && (inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`));
}

/** A file is replaced and not written over, so that no reader meets half of it. */
function otherNames({ leftNames = 0 }: EditResult): string | undefined {
  if (leftNames === 0) return undefined;
  const others =
    leftNames === 1
      ? 'another name too (a hard link), which keeps'
      : `${leftNames} other names too (hard links), which keep`;
  return `Note: the file had ${others} the former text. A symbolic link would have followed.`;
}
