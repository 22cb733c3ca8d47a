// Texts that look like a secret wherever they stand: keys of known services, long runs of letters and digits, addresses with
// a password in them. Places whose values are secrets whatever they look like are secret-places.ts's.
import { isSecretName } from './secret-names.ts';

/** Stands for a secret of any length. */
export const mask = '••••';

const prefixed =
  /(?:^|[^A-Za-z0-9])(?:(?:sk|pk|rk|tok|ghp|gho|ghs|ghu|glpat|xox[abprs]|hf|gsk|tvly)[-_][A-Za-z0-9._-]{6,}|github_pat_\w+|AKIA[A-Z0-9]{12,}|AIza[\w-]{20,}|eyJ[\w-]{10,})/;

/** Of letters and digits, without a word in them. */
const longRun = /(?=[A-Za-z_]*\d)(?=[\d_]*[A-Za-z])[A-Za-z0-9_]{24}/;

/**
 * The same in the name of a key, or in words about one. Names are long and have underscores too (those of variables), and a
 * model or a provider may begin like a key.
 */
const inNames =
  /(?<![A-Za-z0-9/_-])(?:sk[-_][A-Za-z0-9._-]{6,}|(?:pk|rk|tok|ghp|gho|ghs|ghu|glpat|xox[abprs]|hf|gsk|tvly)[-_](?=[A-Za-z._-]*\d)[A-Za-z0-9._-]{6,}|github_pat_\w+|AKIA[A-Z0-9]{12,}|AIza[\w-]{20,}|eyJ[\w.-]{10,})|(?<![A-Za-z0-9])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{32,}/;

const reference = /(?<!\$)\$\{[A-Z_][A-Z0-9_]*\}/g;

/** Without the variables that are named in it. */
export function literalPart(text: string): string {
  return text.replace(reference, '');
}

/** Looks like a key, wherever it stands; or an address with a password or a key in it. */
export function looksSecret(text: string): boolean {
  const literal = literalPart(text);
  return prefixed.test(literal) || longRun.test(literal) || isOpenAddress(literal);
}

/** The name of a key, or what a person typed for one, where a secret may stand by mistake. */
export function shownName(name: string): string {
  return name.replace(new RegExp(inNames, 'g'), mask);
}

export function isSecretAsName(name: string): boolean {
  return inNames.test(name);
}

/** `https://user:password@…`, `https://token@…`, `…?api_key=…`. */
function isOpenAddress(text: string): boolean {
  const address = /^[a-z][a-z\d+.-]*:\/\/\S*$/i.exec(text.trim())?.[0];
  if (address === undefined) return /:\/\/[^/\s@]*:[^/\s@]+@/.test(text);
  if (/:\/\/[^/\s@]*:[^/\s@]+@/.test(address) || /^https?:\/\/[^/\s@?#]+@/i.test(address)) return true;
  return [...address.matchAll(/[?&#;]([^=&#;]*)=([^&#;]+)/g)].some(
    ([, name = '']) => isSecretName(name) || /^(?:key|sig|signature|auth|code|session)$/i.test(name),
  );
}
