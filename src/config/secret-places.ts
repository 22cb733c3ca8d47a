// Which places of the configuration hold secrets, and how what stands there is shown: a reference to a variable as it is
// written, anything else as dots of one length. In doubt it is a secret. Nothing is read or written here.
import type { ConfigPath } from './config-path.ts';

/** Stands for a secret of any length. */
export const mask = '••••';

const secretNames =
  /(?:api[-_]?key|access[-_]?key|private[-_]?key|token|password|passwd|passphrase|secret|credentials?|authorization|cookie)$/i;

/** Names of HTTP headers, which are masked where a header of that name could let somebody in. */
const secretHeaders = /auth|cookie|key|token|secret|password|session|signature/i;

/** Prefixes by which services mark their keys, and long texts of letters and digits without a word in them. */
const keyLike =
  /(?:^|[^A-Za-z0-9])(?:(?:sk|pk|rk|tok|ghp|gho|ghs|ghu|glpat|xox[abprs]|hf|gsk|tvly)[-_][A-Za-z0-9._-]{6,}|github_pat_\w+|AKIA[A-Z0-9]{12,}|AIza[\w-]{20,}|eyJ[\w-]{10,})|(?=[A-Za-z_]*\d)(?=[\d_]*[A-Za-z])[A-Za-z0-9_]{24,}/;

const reference = /(?<!\$)\$\{[A-Z_][A-Z0-9_]*\}/g;

/** By the names on the way: `models.providers.lab.apiKey`, all of `env`, headers that let somebody in. */
export function isSecretKey(path: ConfigPath): boolean {
  const names = path.filter((part) => typeof part === 'string');
  const last = names.at(-1) ?? '';
  if (names[0] === 'env' && names[1] !== 'shellEnv' && names.length > 1)
    return last !== 'vars' || names.length > 2;
  if (names.slice(0, -1).includes('env')) return true;
  if (/headers$/i.test(names.at(-2) ?? '')) return secretHeaders.test(last);
  return names.some((name, index) => secretNames.test(name) && !isName(names, index));
}

/** Looks like a key, wherever it stands; or an address with a password or a key in it. */
export function looksSecret(text: string): boolean {
  const literal = text.replace(reference, '');
  return keyLike.test(literal) || isOpenAddress(literal);
}

/** `https://user:password@…`, `https://token@…`, `…?api_key=…`. */
function isOpenAddress(text: string): boolean {
  const address = /^[a-z][a-z\d+.-]*:\/\/\S*$/i.exec(text.trim())?.[0];
  if (address === undefined) return /:\/\/[^/\s@]*:[^/\s@]+@/.test(text);
  if (/:\/\/[^/\s@]*:[^/\s@]+@/.test(address) || /^https?:\/\/[^/\s@?#]+@/i.test(address)) return true;
  return [...address.matchAll(/[?&#;]([^=&#;]*)=([^&#;]+)/g)].some(
    ([, name = '']) => secretNames.test(name) || /^(?:key|sig|signature|auth|code|session)$/i.test(name),
  );
}

/** A value as it may be shown: the same shape, with dots for each secret. */
export function masked(value: unknown, path: ConfigPath): unknown {
  if (typeof value === 'string') return isSecret(value, path) ? mask : value;
  if (typeof value === 'number' && isSecretKey(path)) return mask;
  if (Array.isArray(value)) return value.map((element, index) => masked(element, [...path, index]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [name, masked(child, [...path, name])]),
  );
}

/** A text that must not be shown and should not be written in plain. References are fine, and so is nothing. */
export function isSecret(text: string, path: ConfigPath): boolean {
  const literal = text.replace(reference, '').trim();
  if (looksSecret(text)) return true;
  if (!isSecretKey(path) || isReferenceOfOpenClaw(path)) return false;
  return literal !== '' && !/^(?:bearer|basic)$/i.test(literal);
}

/** `{ source, provider, id }`: where OpenClaw finds a secret, which is no secret itself. */
function isReferenceOfOpenClaw(path: ConfigPath): boolean {
  const last = path.at(-1);
  return (
    (last === 'source' || last === 'provider' || last === 'id') &&
    typeof path.at(-2) === 'string' &&
    path[0] !== 'env' &&
    secretNames.test(String(path.at(-2)))
  );
}

/** Names that a person chose are no keys of the schema: a provider may be called `token`. */
function isName(names: readonly string[], index: number): boolean {
  const section = names.slice(0, index).join('.');
  return /^(?:models\.providers|plugins\.entries|auth\.(?:profiles|order)|agents\.defaults\.models)$/.test(
    section,
  );
}
