// Reads the configuration: file to text, text to tree, variables, schema, and everything worth a warning.
// Decides which environment counts: the process, then `<state dir>/.env`, then the `env` block; never a `.env` of the
// folder one happens to be in. Reads only. What a section means is for those who use it.
import { closeSync, fstatSync, openSync, readFileSync, statSync, type Stats } from 'node:fs';
import { basename } from 'node:path';
import { OpenClawError } from '../errors.ts';
import type { Env } from '../platform/env.ts';
import { cleanText } from '../platform/text.ts';
import { checkConfig, type ConfigWarning } from './check.ts';
import { pathText, type ConfigPath } from './config-path.ts';
import { readDotenv } from './dotenv.ts';
import { configError, parseDocument, type Json5Document, type Place } from './json5-document.ts';
import { withoutOwnToken } from './own-token.ts';
import { isReadHere } from './known-keys.ts';
import { missingVariables, oddReferences } from './references.ts';
import type { OpenClawConfig } from './schema.ts';
import { substitute, type Unavailable } from './substitute.ts';
import { unknownKeys } from './unknown-keys.ts';

export type LoadedConfig = {
  /** Typed, with variables replaced. Holds secrets. */
  readonly config: OpenClawConfig;
  /** As written in the file, `${NAME}` included. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** Without those about what OpenClaw alone reads. */
  readonly warnings: readonly ConfigWarning[];
  /** The process environment over `.env` over the `env` block. Holds secrets. */
  readonly env: Env;
  /** Values of what this program reads that are undefined because their variable is not set. */
  readonly unavailable: readonly Unavailable[];
  readonly file: string;
  readonly exists: boolean;
  placeOf(path: ConfigPath): Place;
};

/** No configuration is this long; a wrong path (a log, a disk image) is. */
const largestFileBytes = 32 * 1024 * 1024;

/**
 * A missing file is an empty configuration. Errors: CONFIG_SYNTAX, CONFIG_INVALID (with `data.place`, `data.line`,
 * `data.column`, `data.path`), CONFIG_UNREADABLE.
 */
export function loadConfig(from: { file: string; env: Env; dotenvFile: string }): LoadedConfig {
  const { file, dotenvFile } = from;
  const text = readTextFile(file);
  const document = parseDocument(text ?? '', file);
  const dotenv = readDotenv(readTextFile(dotenvFile) ?? '', dotenvFile);
  const reading = interpret(document, { env: from.env, dotenv: dotenv.env });
  const config = checkConfig(document, reading.tree, file, reading.isUnavailable);
  return {
    config,
    raw: document.value,
    warnings: [
      ...dotenv.warnings,
      ...documentWarnings(document, reading, dotenvFile).filter(
        ({ isInformation }) => isInformation !== true,
      ),
    ],
    env: reading.env,
    unavailable: reading.unavailable.filter(({ path }) => isReadHere(path)),
    file,
    exists: text !== undefined,
    placeOf: (path) => document.placeOf(path),
  };
}

export type Reading = {
  /** With variables replaced. Holds secrets. */
  readonly tree: Record<string, unknown>;
  readonly env: Env;
  readonly unavailable: readonly Unavailable[];
  readonly isUnavailable: (path: ConfigPath) => boolean;
};

/** Puts the variables in: those of the process, then of `.env`, then of the `env` block. */
export function interpret(document: Json5Document, from: { env: Env; dotenv: Env }): Reading {
  const outside: Env = { ...from.dotenv, ...withoutOwnToken(definedOnly(from.env)) };
  const { env: rawBlock, ...rest } = document.value;
  // Values of the env block may name variables of the process and of `.env`, not each other.
  const block = substitute(rawBlock, outside, ['env']);
  const env: Env = { ...namesOf(block.tree), ...outside };
  const others = substitute(rest, env);
  const unavailable = [...block.unavailable, ...others.unavailable];
  return {
    tree: {
      ...(others.tree as Record<string, unknown>),
      ...('env' in document.value ? { env: block.tree } : {}),
    },
    env,
    unavailable,
    isUnavailable: isOneOf(unavailable),
  };
}

/** What is odd in a file that loads, in its order. */
export function documentWarnings(
  document: Json5Document,
  { env, unavailable }: Reading,
  dotenvFile: string,
): ConfigWarning[] {
  const warnings = [
    ...duplicateWarnings(document),
    ...backslashWarnings(document),
    ...unknownKeys(document),
    ...missingVariables(document, unavailable, { env, dotenvFile }),
    ...oddReferences(document),
  ];
  return warnings.sort((left, right) => left.line - right.line || left.column - right.column);
}

/** What `loadConfig` would say of this text if every variable in it held something fit. Errors as there. */
export function checkConfigText(text: string, file: string): void {
  const document = parseDocument(text, file);
  const { tree, unavailable } = substitute(document.value, {});
  checkConfig(document, tree as Record<string, unknown>, file, isOneOf(unavailable));
}

/** undefined when there is no file. Errors: CONFIG_UNREADABLE; CONFIG_SYNTAX when it is not UTF-8. */
export function readTextFile(file: string): string | undefined {
  let bytes: Buffer;
  try {
    // A pipe would block the opening itself.
    const stats = statSync(file);
    if (!stats.isFile()) throw unreadable(file, `it is ${kindOf(stats)}, not a file`, anotherFile);
    const descriptor = openSync(file, 'r');
    try {
      if (fstatSync(descriptor).size > largestFileBytes)
        throw unreadable(file, 'it is larger than 32 MiB', anotherFile);
      bytes = readFileSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (error instanceof OpenClawError) throw error;
    if (code === 'ELOOP') {
      throw unreadable(file, 'its symbolic links go round in a circle', circularLinks);
    }
    // The name of the file stands in the message already.
    throw unreadable(file, error instanceof Error ? error.message.replace(/, \w+ '.*$/, '') : String(error));
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw configError(
      'CONFIG_SYNTAX',
      file,
      { line: 1, column: 1 },
      {
        problem: `the file is not UTF-8 text${isUtf16(bytes) ? ' but UTF-16' : ''}`,
        fix: `Save ${cleanText(file, 400)} as UTF-8 in your editor. Then check it: \`openclaw config validate\`.`,
      },
    );
  }
}

/** By its byte order mark, or by the zeros beside plain letters. */
function isUtf16(bytes: Buffer): boolean {
  const [first, second] = bytes;
  return (
    (first === 0xff && second === 0xfe) ||
    (first === 0xfe && second === 0xff) ||
    bytes.subarray(0, 64).includes(0)
  );
}

/** Whether a path is one of those, by its parts. */
export function isOneOf(unavailable: readonly Unavailable[]): (path: ConfigPath) => boolean {
  const paths = new Set(unavailable.map(({ path }) => JSON.stringify(path)));
  return (path) => paths.has(JSON.stringify(path));
}

/** The `env` block, in both of its forms: `env: { NAME }` and `env: { vars: { NAME } }`. */
function namesOf(block: unknown): Record<string, string> {
  if (typeof block !== 'object' || block === null) return {};
  const { vars, ...direct } = block as Record<string, unknown>;
  const entries = [
    ...Object.entries(direct),
    ...Object.entries(typeof vars === 'object' ? (vars ?? {}) : {}),
  ];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function definedOnly(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}

function duplicateWarnings(document: Json5Document): ConfigWarning[] {
  return document.duplicates.map(({ path, firstLine, line, column }) => ({
    ...(isReadHere(path) ? {} : { isInformation: true }),
    path: pathText(path),
    line,
    column,
    message: `${pathText(path)} is there twice (first in line ${firstLine}): the last one counts`,
    fix: 'Take one of them out; what both should hold belongs into one { }.',
  }));
}

function backslashWarnings(document: Json5Document): ConfigWarning[] {
  return document.lostBackslashes.map(({ path, line, column }) => ({
    ...(isReadHere(path) ? {} : { isInformation: true }),
    path: pathText(path),
    line,
    column,
    message: `${pathText(path)} loses a backslash that stands before a letter`,
    fix: String.raw`Write \\ for a backslash, or / in a path.`,
  }));
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  return stats.isFIFO() ? 'a pipe' : 'a device';
}

const circularLinks =
  'Remove the link, for without a file the configuration is empty, or name the right file in OPENCLAW_CONFIG_PATH.';

/** Rights are not the matter. */
const anotherFile =
  'Put a text file with {} in the place of {place}, or name the right file in OPENCLAW_CONFIG_PATH.';

function unreadable(file: string, reason: string, remedy?: string): OpenClawError {
  const place = cleanText(file, 400);
  return new OpenClawError({
    code: 'CONFIG_UNREADABLE',
    message: `Cannot read ${place}: ${cleanText(reason)}`,
    ...(basename(file) === '.env'
      ? { remedy: 'Make {place} a text file that this user may read, or take it away.' }
      : remedy === undefined
        ? {}
        : { remedy }),
    data: { place },
  });
}
