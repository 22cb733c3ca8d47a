// Holds a configuration tree against the schema and says what is wrong in a person's words: place, path, what was found,
// what is expected, how to mend it. Strings of the file are never repeated: any of them may be a secret.
import type * as z from 'zod/mini';
import { cleanText } from '../platform/text.ts';
import { nearestName } from '../platform/nearest.ts';
import { pathText, type ConfigPath } from './config-path.ts';
import { configError, type Json5Document, type Place } from './json5-document.ts';
import { sectionOf } from './known-keys.ts';
import { maskedLine } from './masked-line.ts';
import { isSecretNumberKey } from './secret-places.ts';
import { configSchema, type OpenClawConfig } from './schema.ts';
import { valueAt } from './tree.ts';

/** `file` where it is another one than the configuration; `fix` is a whole sentence. */
export type ConfigWarning = Place & {
  /** It is about what OpenClaw alone reads: for whoever asks about the file, and in nobody else's way. */
  readonly isInformation?: true;
  readonly path: string;
  readonly message: string;
  readonly fix?: string;
  readonly file?: string;
};

/** Why the configuration does not load. `fix` is a whole sentence. */
export type ConfigProblem = Place & {
  readonly code: 'CONFIG_SYNTAX' | 'CONFIG_INVALID' | 'CONFIG_UNREADABLE';
  readonly path: string;
  readonly problem: string;
  readonly found?: string;
  readonly expected?: string;
  readonly fix: string;
  /** The masked line with a caret under the place. */
  readonly excerpt?: string;
  /** Where it is another one than the configuration. */
  readonly file?: string;
};

type Issue = z.core.$ZodIssue;

const mostProblems = 5;

/**
 * The typed configuration, or every problem in the order of the file. `isUnavailable` tells of values whose variable is
 * not set: where such a value is required, the thing around it (a model, a provider) drops out, and that is no problem.
 */
export function schemaProblems(
  document: Json5Document,
  tree: Record<string, unknown>,
  isUnavailable: (path: ConfigPath) => boolean = () => false,
): { config: OpenClawConfig } | { problems: ConfigProblem[] } {
  for (;;) {
    const result = configSchema.safeParse(tree);
    if (result.success) return { config: result.data };
    const issues = result.error.issues.map((issue) => innermost(issue));
    const pruned = issues.filter((issue) => isUnavailable(pathOf(issue))).map((issue) => prune(tree, issue));
    if (pruned.includes(true)) continue;
    const lines = document.text.split(/\r\n|\n|\r/);
    const problems = issues.map((issue) => explain(issue, tree, document, lines));
    return {
      problems: problems.sort((left, right) => left.line - right.line || left.column - right.column),
    };
  }
}

/** Errors: CONFIG_INVALID with the place of the first problem; the message lists up to five. */
export function checkConfig(
  document: Json5Document,
  tree: Record<string, unknown>,
  file: string,
  isUnavailable?: (path: ConfigPath) => boolean,
): OpenClawConfig {
  const checked = schemaProblems(document, tree, isUnavailable);
  if ('config' in checked) return checked.config;
  const [first, ...others] = checked.problems;
  if (first === undefined) throw new TypeError('A failed check without an issue.');
  const more = others
    .slice(0, mostProblems - 1)
    .map(({ line, column, problem }) => `also ${line}:${column}: ${problem}`);
  const left = others.length - more.length;
  if (left > 0) more.push(`and ${left} more`);
  throw configError('CONFIG_INVALID', file, first, {
    problem: [first.problem, ...more].join('\n'),
    path: first.path,
    fix: `${first.fix.replace(/\.$/, '')}, at line ${first.line} of the file. Then check it: \`openclaw config validate\`.`,
  });
}

/** The words of a value that JSON can hold, without the value where it is a text. */
export function found(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'number' || typeof value === 'boolean') return `${typeof value} ${value}`;
  return `a ${typeof value}`;
}

/** A key may be all digits. */
function foundAt(path: ConfigPath, value: unknown): string {
  return typeof value === 'number' && isSecretNumberKey(path) ? 'a number' : found(value);
}

/** Of a union, the branch that fits the value's own type: its problem lies deeper, and is the one to tell. */
function innermost(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const branch = issue.errors.find(
    (errors) => errors.length > 0 && errors.every((inner) => inner.path.length > 0),
  );
  const inner = branch?.[0];
  return inner === undefined ? issue : innermost({ ...inner, path: [...issue.path, ...inner.path] });
}

function explain(
  issue: Issue,
  tree: unknown,
  document: Json5Document,
  lines: readonly string[],
): ConfigProblem {
  const path = pathOf(issue);
  const name = pathText(path);
  const value = valueAt(tree, path);
  const expected = expectation(issue);
  const place = document.placeOf(path);
  const about = {
    code: 'CONFIG_INVALID',
    path: name,
    expected,
    found: foundAt(path, value),
    ...place,
  } as const;
  const excerpt = maskedLine(lines[place.line - 1] ?? '', place);
  if (value === undefined) {
    return { ...about, problem: `${name} is missing: it must be ${expected}`, fix: `Set ${name}.`, excerpt };
  }
  return {
    ...about,
    problem: `${name} must be ${expected}, found ${about.found}`,
    fix: `${fixOf(path, value, issue, expected)}.`,
    excerpt,
  };
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeWord(issue.expected);
    case 'invalid_value':
      return issue.values.map((value) => JSON.stringify(value)).join(' or ');
    case 'invalid_union':
      return [...new Set(issue.errors.flatMap((errors) => errors.map(expectation)))].join(' or ');
    case 'too_small':
      if (issue.origin === 'string') return 'a string that is not empty';
      return `a number of at least ${Number(issue.minimum) + (issue.inclusive === false ? 1 : 0)}`;
    case 'too_big':
      return `a number of at most ${String(issue.maximum)}`;
    default:
      return cleanText(issue.message);
  }
}

function typeWord(expected: string): string {
  if (expected === 'int') return 'a whole number';
  if (expected === 'record' || expected === 'object') return 'an object';
  return `${/^[aeiou]/.test(expected) ? 'an' : 'a'} ${expected}`;
}

/** What people write at such a place. */
const examples: ReadonlyMap<string, string> = new Map(
  Object.entries({
    env: '{ NAME: "value" }',
    agents: '{ defaults: { model: "minimax/MiniMax-M3" } }',
    'agents.defaults': '{ model: "minimax/MiniMax-M3" }',
    'agents.defaults.model': '"minimax/MiniMax-M3", or { primary: "minimax/MiniMax-M3", fallbacks: [] }',
    'agents.defaults.model.fallbacks': '["minimax/MiniMax-M2.1"]',
    'agents.defaults.models': '{ "minimax/MiniMax-M3": { alias: "minimax" } }',
    'agents.defaults.models.*': '{ alias: "minimax" }',
    models: '{ providers: { lab: { baseUrl: "https://lab.example/v1" } } }',
    'models.providers': '{ lab: { baseUrl: "https://lab.example/v1" } }',
    'models.providers.*': '{ baseUrl: "https://lab.example/v1", apiKey: "${LAB_API_KEY}" }',
    'models.providers.*.apiKey': '"${MINIMAX_API_KEY}"',
    'models.providers.*.baseUrl': '"https://api.minimax.io/anthropic"',
    'models.providers.*.models': '[{ id: "MiniMax-M3" }]',
    'models.providers.*.models.*': '{ id: "MiniMax-M3" }',
    'models.providers.*.models.*.cost': '{ input: 0.3, output: 1.2 }',
    'models.providers.*.models.*.input': '["text"]',
    auth: '{ order: { "minimax-portal": ["minimax-portal:default"] } }',
    'auth.order': '{ "minimax-portal": ["minimax-portal:default"] }',
    'auth.order.*': '["minimax-portal:default"]',
    'auth.profiles': '{ "minimax-portal:default": { provider: "minimax-portal", mode: "oauth" } }',
    'auth.profiles.*': '{ provider: "minimax-portal", mode: "oauth" }',
    plugins: '{ entries: { "minimax-portal-auth": { enabled: true } } }',
    'plugins.entries': '{ "minimax-portal-auth": { enabled: true } }',
    'plugins.entries.*': '{ enabled: true }',
    'plugins.load': '{ paths: ["~/my-plugins"] }',
    'plugins.load.paths': '["~/my-plugins"]',
    gateway: '{ port: 18789 }',
    'gateway.port': '18789',
    'gateway.bind': '"loopback"',
    'gateway.auth': '{ token: "${OPENCLAW_GATEWAY_TOKEN}" }',
  }),
);

/** A sentence without its full stop. */
function fixOf(path: ConfigPath, value: unknown, issue: Issue, expected: string): string {
  const name = pathText(path);
  if (typeof value === 'string') {
    if (expected.includes('number') && /^\s*-?\d+(\.\d+)?\s*$/.test(value)) {
      return `Write the number of ${name} without quotes`;
    }
    if (expected === 'a boolean' && /^\s*(true|false)\s*$/i.test(value)) {
      return `Write true or false of ${name} without quotes`;
    }
    if (issue.code === 'invalid_value') {
      const meant = nearestName(value, issue.values.map(String));
      if (meant !== undefined) return `Write ${JSON.stringify(meant)}`;
    }
    if (expected === 'an array') return `Put the value of ${name} in [ ]`;
    if (expected.endsWith('URL') && /^[\w.-]+(?::\d+)?(?:\/|$)/.test(value)) {
      return `Put https:// before the address of ${name}`;
    }
  }
  const example = examples.get(sectionOf(path));
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  if (isScalar && expected === 'a string' && example === undefined) {
    return `Put the value of ${name} in quotes`;
  }
  if (expected === 'an array' && typeof value === 'object' && value !== null) {
    return `Put [ ] around the { } of ${name}${forExample(example)}`;
  }
  if (value === null) return `Take ${name} out, or make it ${expected}${forExample(example)}`;
  if (Array.isArray(value) && value.length === 1 && expected === 'an object') {
    return `Take away the [ ] of ${name}${forExample(example)}`;
  }
  return `Make ${name} ${expected}${forExample(example)}`;
}

function forExample(example: string | undefined): string {
  return example === undefined ? '' : `, for example ${example}`;
}

/** Takes the nearest thing around the value out of the tree. False when there is nothing around it. */
function prune(tree: Record<string, unknown>, issue: Issue): boolean {
  const path = pathOf(issue);
  const key = path.at(-2);
  if (key === undefined) return false;
  const holder = valueAt(tree, path.slice(0, -2));
  if (typeof holder !== 'object' || holder === null || Reflect.get(holder, key) === undefined) return false;
  return Array.isArray(holder) ? Reflect.set(holder, key, undefined) : Reflect.deleteProperty(holder, key);
}

function pathOf(issue: Issue): (string | number)[] {
  return issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
}
