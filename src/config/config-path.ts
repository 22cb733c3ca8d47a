// A place in the configuration as a path, and as the text that people read and type:
// `agents.defaults.models["minimax/MiniMax-M3"].alias`, `models.providers.minimax.models[0].id`.
// What is printed can be read again. Whether anything is there is for those who have the document.
import { OpenClawError } from '../errors.ts';
import { shellWord } from '../platform/shell-word.ts';
import { cleanText, quotedText } from '../platform/text.ts';
import { isSecretAsName, mask, shownName } from './secret-text.ts';

export type ConfigPath = readonly (string | number)[];

const longestPath = 300;

const example =
  "For example: `openclaw config get agents.defaults.model.primary`, or 'agents.defaults.models[\"minimax/MiniMax-M3\"].alias', or 'models.providers.minimax.models[0].id'.";

/** Fit to be shown: of a secret that was taken for a key, dots are. */
export function pathText(path: ConfigPath): string {
  let text = '';
  for (const part of shownParts(path)) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${quoted(part)}]`;
  }
  return cleanText(text, longestPath);
}

function shownParts(path: ConfigPath): ConfigPath {
  const first = path.findIndex((part) => typeof part === 'string' && isSecretAsName(part));
  if (first < 0) return path;
  // One with dots in it has come apart, and its rest looks like nothing.
  const isToken = String(path[first]).startsWith('eyJ');
  const isRest = (index: number): boolean => isToken && index > first;
  return path.map((part, index) =>
    typeof part === 'number' ? part : isRest(index) ? mask : shownName(part),
  );
}

/** The same as one word of a command line. */
export function shellPath(path: ConfigPath): string {
  return shellWord(pathText(path));
}

/**
 * Reads what `pathText` writes, and what is left of it when a shell has taken the quotes: `models[minimax/MiniMax-M3]`.
 * Throws USAGE with the place and an example.
 */
export function parsePath(text: string): ConfigPath {
  const path: (string | number)[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const part = rest.startsWith('[') ? bracket(rest) : dotted(rest, at === 0);
    if (part === undefined) throw unreadable(text, at, complaint(rest, at));
    path.push(part.key);
    at += part.length;
  }
  if (path.length === 0) throw unreadable(text, 0, 'it is empty');
  refuseSplitKey(text, path);
  return path;
}

type Part = { key: string | number; length: number };

function bracket(rest: string): Part | undefined {
  const inQuotes = /^\[\s*("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')\s*\]/.exec(rest);
  if (inQuotes !== null) {
    const key = unquoted(inQuotes[1] ?? '');
    return key === undefined ? undefined : { key, length: inQuotes[0].length };
  }
  const bare = /^\[([^[\]"']+)\]/.exec(rest);
  if (bare === null) return undefined;
  const key = (bare[1] ?? '').trim();
  if (key === '') return undefined;
  return { key: /^\d{1,9}$/.test(key) ? Number(key) : key, length: bare[0].length };
}

function dotted(rest: string, isFirst: boolean): Part | undefined {
  const match = (isFirst ? /^([^.[\]"'\s]+)/ : /^\.([^.[\]"'\s]+)/).exec(rest);
  return match === null ? undefined : { key: match[1] ?? '', length: match[0].length };
}

function complaint(rest: string, at: number): string {
  if (rest.startsWith('['))
    return rest.includes(']') ? 'what is in the brackets cannot be read' : 'a ] is missing';
  if (/^\.?$/.test(rest)) return 'it ends with a dot';
  if (/^\.[.[]/.test(rest) || (at === 0 && rest.startsWith('.'))) return 'a key is missing between two dots';
  return 'keys with other characters than letters, digits, $, _ and - stand in ["…"]';
}

/** A dot within a key splits it: `models.minimax/MiniMax-M2.1` is meant as one key of `models`. */
function refuseSplitKey(text: string, path: ConfigPath): void {
  const at = path.findIndex((part) => typeof part === 'string' && part.includes('/'));
  const next = path[at + 1];
  if (at < 0 || typeof next !== 'string' || !/^\d/.test(next) || text.includes(`[${String(path[at])}`))
    return;
  const meant = [...path.slice(0, at), `${String(path[at])}.${next}`, ...path.slice(at + 2)];
  throw new OpenClawError({
    code: 'USAGE',
    message: `${quotedText(shownName(text), longestPath)} splits a key at a dot that belongs to it.`,
    remedy: `Put the key in quotes, and the whole path in others for the shell: '${pathText(meant)}'.`,
  });
}

function unreadable(text: string, at: number, reason: string): OpenClawError {
  const where = at === 0 ? '' : ` (at character ${at + 1})`;
  return new OpenClawError({
    code: 'USAGE',
    message: `${quotedText(shownName(text), longestPath)} is no path of the configuration: ${reason}${where}.`,
    remedy: example,
  });
}

function quoted(key: string): string {
  // What cleaning would take away is written as an escape, so that it can be read again.
  return JSON.stringify(key).replace(/(?<= ) |[^\u0020-\u007e]/gu, (character) =>
    character !== ' ' && cleanText(`x${character}x`) === `x${character}x`
      ? character
      : [...Array(character.length).keys()]
          .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
          .join(''),
  );
}

function unquoted(source: string): string | undefined {
  const inner = source.slice(1, -1);
  const json = source.startsWith('"') ? inner : inner.replace(/\\'/g, "'").replace(/(?<!\\)"/g, '\\"');
  try {
    const value: unknown = JSON.parse(`"${json}"`);
    return typeof value === 'string' ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
