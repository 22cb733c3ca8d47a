// Reads the configuration: file to text, text to tree, variables, schema, and everything worth a warning.
// Decides which environment counts: the process, then `<state dir>/.env`, then the `env` block; never a `.env` of the
// folder one happens to be in. Reads only. What a section means is for those who use it.
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { OpenClawError } from '../errors.ts';
import type { Env } from '../platform/env.ts';
import { cleanText } from '../platform/text.ts';
import { checkConfig, unknownKeys, type ConfigWarning } from './check.ts';
import {
  configError,
  parseDocument,
  pathText,
  type ConfigPath,
  type Json5Document,
  type Place,
} from './json5-document.ts';
import type { OpenClawConfig } from './schema.ts';
import { substitute, type Unavailable } from './substitute.ts';

export type LoadedConfig = {
  /** Typed, with variables replaced. Holds secrets. */
  readonly config: OpenClawConfig;
  /** As written in the file, `${NAME}` included. */
  readonly raw: Readonly<Record<string, unknown>>;
  readonly warnings: readonly ConfigWarning[];
  /** The process environment over `.env` over the `env` block. Holds secrets. */
  readonly env: Env;
  /** Values that are undefined because their variable is not set. */
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
  const { file } = from;
  const text = readTextFile(file);
  const document = parseDocument(text ?? '', file);
  const outside: Env = { ...readDotenv(from.dotenvFile), ...from.env };
  const { env: rawBlock, ...rest } = document.value;
  // Values of the env block may name variables of the process and of `.env`, not each other.
  const block = substitute(rawBlock, outside, ['env']);
  const env: Env = { ...namesOf(block.tree), ...definedOnly(outside) };
  const others = substitute(rest, env);
  const unavailable = [...block.unavailable, ...others.unavailable];
  const tree = {
    ...(others.tree as Record<string, unknown>),
    ...('env' in document.value ? { env: block.tree } : {}),
  };
  const config = checkConfig(document, tree, file, isOneOf(unavailable));
  const warnings = [
    ...duplicateWarnings(document),
    ...unknownKeys(document),
    ...missingWarnings(document, unavailable),
  ];
  warnings.sort((left, right) => left.line - right.line || left.column - right.column);
  return {
    config,
    raw: document.value,
    warnings,
    env,
    unavailable,
    file,
    exists: text !== undefined,
    placeOf: (path) => document.placeOf(path),
  };
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
    if (!statSync(file).isFile()) throw unreadable(file, 'it is not a regular file');
    const descriptor = openSync(file, 'r');
    try {
      if (fstatSync(descriptor).size > largestFileBytes) throw unreadable(file, 'it is larger than 32 MiB');
      bytes = readFileSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (error instanceof OpenClawError) throw error;
    throw unreadable(file, error instanceof Error ? error.message : String(error));
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw configError(
      'CONFIG_SYNTAX',
      file,
      { line: 1, column: 1 },
      { problem: 'the file is not UTF-8 text' },
    );
  }
}

function isOneOf(unavailable: readonly Unavailable[]): (path: ConfigPath) => boolean {
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

function readDotenv(file: string): Env {
  const text = readTextFile(file);
  return text === undefined ? {} : parseEnv(text.replace(/^\ufeff/, ''));
}

function definedOnly(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}

function duplicateWarnings(document: Json5Document): ConfigWarning[] {
  return document.duplicates.map(({ path, firstLine, line, column }) => ({
    path: pathText(path),
    line,
    column,
    message: `${pathText(path)} is there twice (first in line ${firstLine}): the last one counts`,
  }));
}

function missingWarnings(document: Json5Document, unavailable: readonly Unavailable[]): ConfigWarning[] {
  return unavailable.map(({ path, variable }) => ({
    path: pathText(path),
    ...document.placeOf(path),
    message: `${pathText(path)} needs the environment variable ${variable}, which is not set: the value is left out`,
  }));
}

function unreadable(file: string, reason: string): OpenClawError {
  const place = cleanText(file, 400);
  return new OpenClawError({
    code: 'CONFIG_UNREADABLE',
    message: `Cannot read ${place}: ${cleanText(reason)}`,
    data: { place },
  });
}
