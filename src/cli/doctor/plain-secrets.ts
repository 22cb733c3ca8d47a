// Which values of a configuration are secrets in plain text, and whether a text that does not parse has one in it. What
// looks like a secret at all, and which places hold them, is the configuration's own judgement. Pure.
import type { ConfigPath } from '../../config/config-path.ts';
import { isCertainSecret } from '../../config/secret-places.ts';
import { looksSecret } from '../../config/secret-text.ts';
import { valueAt, type Tree } from '../../config/tree.ts';
import { builtinProviders } from '../../providers/builtin-providers.ts';

/**
 * In the sections that this program reads; a value with a variable is none, and one for a server of this machine is a
 * name. What else stands in `env` than keys is for the program's own names to tell.
 */
export function plainSecrets(raw: Tree): ConfigPath[] {
  return secretSections
    .flatMap((path) => secretsWithin(valueAt(raw, path), path))
    .filter(([section, , id, name, ...deeper]) => {
      if (section !== 'models' || name !== 'apiKey' || deeper.length > 0) return true;
      return !isOfThisMachine(valueAt(raw, ['models', 'providers', String(id), 'baseUrl']));
    });
}

/** Anywhere, those of other programs that read the file too included; what stands for a key where none is needed is none. */
export function hasPlainSecret(raw: Tree): boolean {
  return secretsWithin(raw, []).some((path) => {
    const value = valueAt(raw, path);
    return !builtinProviders.some(({ openKey }) => openKey === value);
  });
}

/** Of a text that does not parse: one that is cut off ends in the middle of a value. */
export function hasQuotedSecret(text: string): boolean {
  return [...text.matchAll(/(["'])((?:\\.|(?!\1)[^\\\n])*)\1?/g)].some(([, , value = '']) =>
    looksSecret(value),
  );
}

function secretsWithin(value: unknown, path: ConfigPath): ConfigPath[] {
  if (typeof value === 'string') {
    const names = path[0] === 'env' ? path.slice(-1) : path;
    const isOne =
      isCertainSecret(value, names) && (value.trim().length >= shortestSecret || looksSecret(value));
    return isOne ? [path] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) =>
    secretsWithin(child, [...path, Array.isArray(value) ? Number(name) : name]),
  );
}

const secretSections: readonly ConfigPath[] = [
  ['env'],
  ['models', 'providers'],
  ['plugins', 'entries'],
  ['gateway', 'auth'],
];

/** What is shorter stands for a key where none is needed. */
const shortestSecret = 8;

function isOfThisMachine(baseUrl: unknown): boolean {
  return typeof baseUrl === 'string' && /^http:\/\/(127\.|localhost|\[::1\])/.test(baseUrl);
}
