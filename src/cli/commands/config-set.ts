// `config set` and `config unset`: one value of openclaw.json, in its own text. What would not load, what OpenClaw does not
// know and what is a secret is not written.
import { stdin } from 'node:process';
import { valueMeantAt, withFallbackIndex } from '../../config/model-choice.ts';
import { parsePath, pathText, shellPath, type ConfigPath } from '../../config/config-path.ts';
import { editConfig, type EditResult } from '../../config/edit.ts';
import { editText } from '../../config/edit-text.ts';
import { parseDocument } from '../../config/json5-document.ts';
import { firstUnknown, homeOf, nearestKey } from '../../config/known-keys.ts';
import { changedLines, maskedText } from '../../config/masked-text.ts';
import { maskedIn } from '../../config/secret-places.ts';
import { mask } from '../../config/secret-text.ts';
import { OpenClawError } from '../../errors.ts';
import { systemRandom } from '../../platform/random.ts';
import { cleanText } from '../../platform/text.ts';
import { createOutput, type CommandContext, type Output, type OutputOptions } from '../command-context.ts';
import { fitPath, readConfigFile, shownJson, whatIsThere, type ConfigFile } from '../config-file.ts';
import { reportChange, type ChangeDocument } from '../config-report.ts';
import { problemsIn, readValue, refuseSecret } from '../config-value.ts';
import { readStandardInput } from '../standard-input.ts';

export type SetOptions = OutputOptions & { dryRun?: boolean; allowUnknown?: boolean };

export async function configSet(
  context: CommandContext,
  options: SetOptions,
  writtenPath: string,
  writtenValue: string,
): Promise<number> {
  const output = createOutput(context, options);
  const wanted = parsePath(writtenPath);
  const typed = writtenValue === '-' ? await readPiped(context.signal) : writtenValue;
  const config = readConfigFile(context);
  const fitted = fitPath(config.document.value, wanted);
  const path = withFallbackIndex(fitted, config.document.value);
  if (options.allowUnknown !== true) refuseUnknown(path);
  const value = readValue(typed, path, config.file, (each) =>
    editText(config.text, [{ path, value: each }], config.file),
  );
  refuseSecret(value, path, config.paths.dotenvFile);
  const after = editText(config.text, [{ path, value }], config.file);
  refuseBroken(after, config, path, 'set');
  const name = pathText(path);
  const before = valueMeantAt(config.document.value, path);
  if (after === config.text) {
    output.line(`${name} is ${shown(config, before, path)} already.`);
    output.result({ ...documentOf(config, path, before, before), changed: false });
    return 0;
  }
  if (options.dryRun === true) return preview(output, config, after, documentOf(config, path, before, value));
  const result = await write(context, config, path, value);
  output.line(
    before === undefined
      ? `${name} is ${shown(config, value, path)} now; it had no value.`
      : `${name}: ${shown(config, before, path)} → ${shown(config, value, path)}`,
  );
  const lost = lostWith(before, value, path);
  if (lost !== undefined) output.note(lost, { event: 'note', message: lost });
  await reportChange(context, output, config, path, result, documentOf(config, path, before, value));
  return 0;
}

/** A whole object gave way to a single value: whoever meant one of its keys should know. */
function lostWith(before: unknown, value: unknown, path: ConfigPath): string | undefined {
  const isObject = (each: unknown): boolean => typeof each === 'object' && each !== null;
  if (!isObject(before) || isObject(value)) return undefined;
  const keys = Object.keys(before ?? {}).map((key) =>
    pathText([...path, Array.isArray(before) ? Number(key) : key]),
  );
  const others = keys.filter((key) => !key.endsWith('.primary'));
  if (others.length === 0) return undefined;
  const single =
    others.length < keys.length
      ? ` To set the model alone: openclaw config set ${shellPath([...path, 'primary'])} <ref>`
      : '';
  return `Note: it was an object, and ${others.slice(0, 4).join(', ')} went with it; the backup has the former text.${single}`;
}

export async function configUnset(
  context: CommandContext,
  options: SetOptions,
  writtenPath: string,
): Promise<number> {
  const output = createOutput(context, options);
  const wanted = parsePath(writtenPath);
  const config = readConfigFile(context);
  const path = fitPath(config.document.value, wanted);
  const name = pathText(path);
  const before = valueMeantAt(config.document.value, path);
  if (before === undefined) {
    const { nearest } = whatIsThere(config.document.value, path);
    output.line(`${name} has no value: nothing to remove.`);
    if (nearest !== undefined) output.line(`  There is ${pathText(nearest)}.`);
    output.result({ ...documentOf(config, path, undefined, undefined), changed: false });
    return 0;
  }
  const after = editText(config.text, [{ path, value: undefined }], config.file);
  refuseBroken(after, config, path, 'removed');
  if (options.dryRun === true)
    return preview(output, config, after, documentOf(config, path, before, undefined));
  const result = await write(context, config, path, undefined);
  output.line(`${name} is removed; it was ${shown(config, before, path)}.`);
  await reportChange(context, output, config, path, result, documentOf(config, path, before, undefined));
  return 0;
}

/** What OpenClaw does not know would stop it from starting. */
function refuseUnknown(path: ConfigPath): void {
  const unknown = firstUnknown(path);
  if (unknown === undefined) return;
  const nearest = nearestKey(unknown);
  const home = nearest === undefined ? homeOf(unknown) : pathText([...unknown.slice(0, -1), nearest]);
  const meant = home === undefined ? '' : `Did you mean ${home}? `;
  throw new OpenClawError({
    code: 'CONFIG_WRITE_REFUSED',
    message: `${pathText(path)} was left as it is: neither this program nor OpenClaw knows ${pathText(unknown)}.`,
    remedy: `${meant}OpenClaw refuses to start on a key that it does not know. To write it all the same, add --allow-unknown.`,
    data: { place: pathText(unknown) },
  });
}

function refuseBroken(after: string, config: ConfigFile, path: ConfigPath, done: string): void {
  const name = pathText(path);
  const problems = problemsIn(after, config.file);
  const own = problems.find((problem) => problem.path.startsWith(name)) ?? problems[0];
  if (own === undefined) return;
  const isRequired = done === 'removed' && own.path === name && own.found === 'nothing';
  const wasThere = problemsIn(config.text, config.file).some(({ problem }) => problem === own.problem);
  const place = `${cleanText(config.file, 400)}:${own.line}:${own.column}`;
  throw new OpenClawError({
    code: 'CONFIG_WRITE_REFUSED',
    message: wasThere
      ? `${name} was left as it is, for the file would still not load: ${place}: ${own.problem}.`
      : `${name} was left as it is: ${own.problem}.`,
    remedy: isRequired
      ? `Remove what it belongs to: \`openclaw config unset ${shellPath(path.slice(0, -1))}\`.`
      : wasThere
        ? `${own.fix} All that is wrong: \`openclaw config validate\`.`
        : own.fix,
    data: { place },
  });
}

async function write(
  context: CommandContext,
  config: ConfigFile,
  path: ConfigPath,
  value: unknown,
): Promise<EditResult> {
  return editConfig({
    file: config.file,
    edits: [{ path, value }],
    clock: context.clock,
    random: systemRandom,
    signal: context.signal,
  });
}

function documentOf(config: ConfigFile, path: ConfigPath, from: unknown, to: unknown): ChangeDocument {
  return {
    path: pathText(path),
    from: from === undefined ? null : maskedIn(config.document.value, path, from),
    to: to === undefined ? null : maskedIn(config.document.value, path, to),
    file: config.file,
  };
}

function preview(output: Output, config: ConfigFile, after: string, document: ChangeDocument): number {
  const { style } = output;
  const lines = changedLines(maskedText(config.document), maskedText(parseDocument(after, config.file)));
  output.line(`${cleanText(config.file, 400)} would change:`);
  for (const { sign, line, text } of lines) {
    const shownLine = `${sign} ${String(line).padStart(3)} │ ${text.replace(/[\p{Cc}\p{Cf}]/gu, (found) => (found === '\t' ? '  ' : '·'))}`;
    output.line(sign === '-' ? style.bad(shownLine) : style.good(shownLine));
  }
  output.line('Nothing was written.');
  output.result({ ...document, changed: true, dryRun: true, lines });
  return 0;
}

function shown(config: ConfigFile, value: unknown, path: ConfigPath): string {
  const json = shownJson(maskedIn(config.document.value, path, value));
  const text = json === JSON.stringify(mask) ? mask : json;
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

/** Longer values are files of their own. */
const largestValueBytes = 1024 * 1024;

async function readPiped(signal: AbortSignal): Promise<string> {
  const usage = (message: string): OpenClawError =>
    new OpenClawError({
      code: 'USAGE',
      message,
      remedy: 'For example: `echo 18790 | openclaw config set gateway.port -`',
    });
  const piped = await readStandardInput(stdin, signal, {
    limitBytes: largestValueBytes,
    tooLong: () => usage('The value on stdin is longer than a MiB.'),
  });
  const written = piped.replace(/\r?\n$/, '');
  if (written === '') throw usage('There was no value on stdin.');
  return written;
}
