// Everything that is wrong or odd in a configuration, for `config validate` and `doctor`: all problems and not the first,
// and warnings of meaning that need no plugin's code. Pure but for `inspectConfig`, which reads the two files.
import { isOpenClawError, type OpenClawError } from '../errors.ts';
import type { Env } from '../platform/env.ts';
import { schemaProblems, type ConfigProblem, type ConfigWarning } from './check.ts';
import { readDotenv } from './dotenv.ts';
import { parseDocument, type Json5Document } from './json5-document.ts';
import { documentWarnings, interpret, readTextFile } from './load.ts';
import { meaningWarnings } from './meaning.ts';
import type { KnownModels } from './model-names.ts';
import type { OpenClawConfig } from './schema.ts';

export type ConfigFindings = {
  /** Why it does not load; empty when it does. */
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigWarning[];
};

export type ProblemContext = {
  readonly env: Env;
  /** Its text, when it is there. */
  readonly dotenv?: string | undefined;
  readonly dotenvFile: string;
  /** Ids of the plugins that there are; without them `plugins.entries` is not looked at. Asked when all types are right. */
  pluginIds?(config: OpenClawConfig): readonly string[];
  /** Without them names of models are held against those of the file alone. Asked when all types are right. */
  models?(config: OpenClawConfig): KnownModels;
  /** Throws CONFIG_INVALID, with the key as `place`, where a gateway could not listen as the file says. */
  listens?(config: OpenClawConfig, env: Env): void;
};

/** `file` names the text in messages alone. */
export function findConfigProblems(text: string, file: string, context: ProblemContext): ConfigFindings {
  const dotenv = readDotenv(context.dotenv ?? '', context.dotenvFile);
  let document: Json5Document;
  try {
    document = parseDocument(text, file);
  } catch (error) {
    return { problems: [problemOf(error)], warnings: dotenv.warnings };
  }
  const reading = interpret(document, { env: context.env, dotenv: dotenv.env });
  const warnings = [...dotenv.warnings, ...documentWarnings(document, reading, context.dotenvFile)];
  const checked = schemaProblems(document, reading.tree, reading.isUnavailable);
  if ('problems' in checked) return { problems: checked.problems, warnings };
  const meant = meaningWarnings(document, checked.config, {
    pluginIds: context.pluginIds?.(checked.config),
    models: context.models?.(checked.config),
  });
  const unheard = listeningWarnings(document, checked.config, reading.env, context);
  return { problems: [], warnings: [...warnings, ...meant, ...unheard] };
}

/** No problem of the file: the token may be given to the gateway alone. What a variable says is no matter of the file. */
function listeningWarnings(
  document: Json5Document,
  config: OpenClawConfig,
  env: Env,
  context: ProblemContext,
): ConfigWarning[] {
  try {
    context.listens?.(config, env);
    return [];
  } catch (error) {
    if (!isOpenClawError(error)) throw error;
    const { message, remedy, data } = error;
    const path = String(data['place']).split('.');
    if (path[0] !== 'gateway') return [];
    return [{ path: path.join('.'), ...document.placeOf(path), message, fix: remedy }];
  }
}

/** The same from the files. One that cannot be read is a problem; one that is not there is empty. */
export function inspectConfig(
  from: Omit<ProblemContext, 'dotenv'> & { readonly file: string },
): ConfigFindings & { readonly exists: boolean } {
  const unreadable: ConfigProblem[] = [];
  const read = (file: string): string | undefined => {
    try {
      return readTextFile(file);
    } catch (error) {
      unreadable.push({ ...problemOf(error), ...(file === from.file ? {} : { file }) });
      return undefined;
    }
  };
  const text = read(from.file);
  const isThere = text !== undefined || unreadable.length > 0;
  const dotenv = read(from.dotenvFile);
  const findings = findConfigProblems(text ?? '', from.file, { ...from, dotenv });
  return { ...findings, problems: [...unreadable, ...findings.problems], exists: isThere };
}

function problemOf(error: unknown): ConfigProblem {
  if (!isOpenClawError(error)) throw error;
  const { data, remedy, message } = error;
  const { code } = error as OpenClawError & { code: ConfigProblem['code'] };
  return {
    code,
    line: typeof data['line'] === 'number' ? data['line'] : 1,
    column: typeof data['column'] === 'number' ? data['column'] : 1,
    path: typeof data['path'] === 'string' ? data['path'] : '',
    problem: typeof data['problem'] === 'string' ? data['problem'] : message,
    fix: remedy
      .replace(/,? (?:at line \d+ of the file\. )?Then check it: `openclaw config validate`\.$/, '.')
      .replace(/\.\.$/, '.'),
    ...(typeof data['excerpt'] === 'string' ? { excerpt: data['excerpt'] } : {}),
  };
}
