// Which places of the configuration hold secrets, and how what stands there is shown: a reference to a variable as it is
// written, anything else as dots of one length. In doubt it is a secret. Nothing is read or written here.
import type { ConfigPath } from './config-path.ts';
import { isMeasure, isSecretName } from './secret-names.ts';
import { isSecretAsName, literalPart, looksSecret, mask, shownName } from './secret-text.ts';

/** Names of HTTP headers, which are masked where a header of that name could let somebody in. */
const secretHeaders = /auth|cookie|key|token|secret|password|session|signature/i;

/** By the names on the way: `models.providers.lab.apiKey`, all of `env`, headers that let somebody in. */
export function isSecretKey(path: ConfigPath): boolean {
  const names = path.filter((part) => typeof part === 'string');
  const last = names.at(-1) ?? '';
  if (names[0] === 'env' && names[1] !== 'shellEnv' && names.length > 1)
    return last !== 'vars' || names.length > 2;
  if (names.slice(0, -1).includes('env')) return true;
  if (/headers$/i.test(names.at(-2) ?? '')) return secretHeaders.test(last);
  return names.some((name, index) => isSecretName(name) && !isName(names, index));
}

/** The same for a number: one that measures text is none. */
export function isSecretNumberKey(path: ConfigPath): boolean {
  const last = path.at(-1);
  return isSecretKey(path) && (path[0] === 'env' || typeof last !== 'string' || !isMeasure(last));
}

/** A value as it may be shown: the same shape, with dots for each secret. */
export function masked(value: unknown, path: ConfigPath): unknown {
  if (typeof value === 'string') return isSecret(value, path) ? mask : value;
  if (typeof value === 'number' && isSecretNumberKey(path)) return mask;
  if (Array.isArray(value)) return value.map((element, index) => masked(element, [...path, index]));
  if (typeof value !== 'object' || value === null) return value;
  const names = Object.keys(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [maskedName(name, names), masked(child, [...path, name])]),
  );
}

/** Of several names that are secrets, each stays apart. */
function maskedName(name: string, names: readonly string[]): string {
  if (!isSecretAsName(name)) return name;
  const index = names.filter(isSecretAsName).indexOf(name);
  return `${shownName(name)}${index === 0 ? '' : ` (${index + 1})`}`;
}

/** A text that must not be shown and should not be written in plain. References are fine, and so is nothing. */
export function isSecret(text: string, path: ConfigPath): boolean {
  const literal = literalPart(text).trim();
  if (looksSecret(text)) return true;
  if (!isSecretKey(path) || isReferenceOfOpenClaw(path)) return false;
  return literal !== '' && !/^(?:bearer|basic)$/i.test(literal);
}

/** `{ source, provider, id }`: where OpenClaw finds a secret, which is no secret itself. */
function isReferenceOfOpenClaw(path: ConfigPath): boolean {
  const last = path.at(-1);
  const holder = path.slice(0, -1).findLast((part) => typeof part === 'string');
  return (
    (last === 'source' || last === 'provider' || last === 'id') &&
    holder !== undefined &&
    path[0] !== 'env' &&
    isSecretName(holder)
  );
}

/** Names that a person chose are no keys of the schema: a provider may be called `token`. Nor is OpenClaw's own section. */
function isName(names: readonly string[], index: number): boolean {
  const section = names.slice(0, index).join('.');
  if (section === '' && names[index] === 'secrets') return true;
  return /^(?:secrets\.providers|skills\.entries|mcp\.servers|models\.providers|plugins\.entries|auth\.(?:profiles|order)|agents\.defaults\.models)$/.test(
    section,
  );
}
