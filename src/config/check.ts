// Holds a configuration tree against the schema and says what is wrong in a person's words: place, path, what was found,
// what is expected, how to mend it. Strings of the file are never repeated: any of them may be a secret.
import type * as z from 'zod/mini';
import { nearestName } from '../platform/nearest.ts';
import { configError, pathText, type ConfigPath, type Json5Document, type Place } from './json5-document.ts';
import { configSchema, knownKeys, type OpenClawConfig } from './schema.ts';

export type ConfigWarning = Place & { readonly path: string; readonly message: string };

type Issue = z.core.$ZodIssue;
type Problem = { path: ConfigPath; problem: string; fix: string };

const mostProblems = 5;

/**
 * The typed configuration. `isUnavailable` tells of values whose variable is not set: where such a value is required,
 * the thing around it (a model, a provider) drops out and nothing is refused.
 * Errors: CONFIG_INVALID with the place of the first problem; the message lists up to five.
 */
export function checkConfig(
  document: Json5Document,
  tree: Record<string, unknown>,
  file: string,
  isUnavailable: (path: ConfigPath) => boolean = () => false,
): OpenClawConfig {
  for (;;) {
    const result = configSchema.safeParse(tree);
    if (result.success) return result.data;
    const issues = result.error.issues.map((issue) => innermost(issue));
    const pruned = issues.filter((issue) => isUnavailable(pathOf(issue))).map((issue) => prune(tree, issue));
    if (pruned.includes(true)) continue;
    throw refusal(document, tree, file, issues);
  }
}

/**
 * Keys that look like a slip of a known key. Other unknown keys stay unmentioned: OpenClaw reads many that this program
 * does not, and only a near miss (one edit in a short key, two in a longer one, or letter case) is surely a slip.
 */
export function unknownKeys(document: Json5Document): ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  const walk = (value: unknown, section: string, path: ConfigPath): void => {
    if (typeof value !== 'object' || value === null) return;
    if (knownKeys.has(`${section}.*`)) {
      for (const [name, child] of Object.entries(value)) {
        walk(child, `${section}.*`, [...path, Array.isArray(value) ? Number(name) : name]);
      }
      return;
    }
    const known = knownKeys.get(section);
    for (const [name, child] of Object.entries(value)) {
      const here = [...path, name];
      walk(child, section === '' ? name : `${section}.${name}`, here);
      if (known === undefined || known.includes(name)) continue;
      const nearest = nearestName(name, known);
      if (nearest === undefined) continue;
      const message = `unknown key ${pathText(here)}: did you mean ${nearest}?`;
      warnings.push({ path: pathText(here), message, ...document.placeOf(here) });
    }
  };
  walk(document.value, '', []);
  return warnings;
}

function refusal(
  document: Json5Document,
  tree: unknown,
  file: string,
  issues: readonly Issue[],
): ReturnType<typeof configError> {
  const problems = issues.map((issue) => {
    const explained = explain(issue, tree);
    return { ...explained, place: document.placeOf(explained.path) };
  });
  problems.sort(({ place: left }, { place: right }) => left.line - right.line || left.column - right.column);
  const [first, ...others] = problems;
  if (first === undefined) throw new TypeError('A failed check without an issue.');
  const more = others
    .slice(0, mostProblems - 1)
    .map(({ place, problem }) => `also ${place.line}:${place.column}: ${problem}`);
  const left = others.length - more.length;
  if (left > 0) more.push(`and ${left} more`);
  const { place } = first;
  return configError('CONFIG_INVALID', file, place, {
    problem: [first.problem, ...more].join('\n'),
    path: pathText(first.path),
    fix: `${first.fix} at line ${place.line} of the file, then check it: \`openclaw models list\`.`,
  });
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

function explain(issue: Issue, tree: unknown): Problem {
  const path = pathOf(issue);
  const name = pathText(path);
  const value = valueAt(tree, path);
  const expected = expectation(issue);
  if (value === undefined) {
    return { path, problem: `${name} is missing: it must be ${expected}`, fix: `Set ${name}` };
  }
  return {
    path,
    problem: `${name} must be ${expected}, found ${found(value)}`,
    fix: fixOf(name, value, expected),
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
      return issue.message;
  }
}

function typeWord(expected: string): string {
  if (expected === 'int') return 'a whole number';
  if (expected === 'record' || expected === 'object') return 'an object';
  return `${/^[aeiou]/.test(expected) ? 'an' : 'a'} ${expected}`;
}

function found(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'number' || typeof value === 'boolean') return `${typeof value} ${value}`;
  return `a ${typeof value}`;
}

function fixOf(name: string, value: unknown, expected: string): string {
  if (typeof value === 'string' && expected.includes('number') && /^\s*-?\d+(\.\d+)?\s*$/.test(value)) {
    return `Write the number of ${name} without quotes`;
  }
  if (typeof value === 'string' && expected === 'a boolean' && /^\s*(true|false)\s*$/i.test(value)) {
    return `Write true or false of ${name} without quotes`;
  }
  if ((typeof value === 'number' || typeof value === 'boolean') && expected === 'a string') {
    return `Put the value of ${name} in quotes`;
  }
  if (typeof value === 'string' && expected === 'an array') return `Put the value of ${name} in [ ]`;
  return `Make ${name} ${expected}`;
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

function valueAt(tree: unknown, path: ConfigPath): unknown {
  let value = tree;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}
