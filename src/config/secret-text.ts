// Texts that look like a secret wherever they stand: keys of known services, long runs of letters and digits, addresses with
// a password in them, commands that set one. Places whose values are secrets whatever they look like are secret-places.ts's.
import { isCertainName, isMeasure, isSecretName } from './secret-names.ts';

/** Stands for a secret of any length. */
export const mask = '••••';

const prefixed =
  /(?:^|[^A-Za-z0-9])(?:(?:sk|pk|rk|tok|ghp|gho|ghs|ghu|glpat|xox[abprs]|hf|gsk|tvly)[-_][A-Za-z0-9._-]{6,}|github_pat_\w+|AKIA[A-Z0-9]{12,}|AIza[\w-]{20,}|eyJ[\w-]{10,})/;

/** Of letters and digits, without a word in them; words are also those that underscores join. */
const longRun = /(?=[A-Za-z]{0,23}\d)(?=\d{0,23}[A-Za-z])[A-Za-z0-9]{24}/;

/**
 * The same in the name of a key, or in words about one. Names are long and have underscores too (those of variables), and a
 * model or a provider may begin like a key: a short one is none, but for the forms that nothing else has.
 */
const inNames =
  /(?<![A-Za-z0-9/_-])(?:sk[-_](?:cp|ant|api|proj|live|test|or)[-_][A-Za-z0-9._-]{4,}|sk[-_][A-Za-z0-9._-]{17,}|(?:pk|rk|tok|ghp|gho|ghs|ghu|glpat|xox[abprs]|hf|gsk|tvly)[-_](?=[A-Za-z._-]*\d)[A-Za-z0-9._-]{17,}|github_pat_\w+|AKIA[A-Z0-9]{12,}|AIza[\w-]{20,}|eyJ[\w.-]{10,})|(?<![A-Za-z0-9])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{32,}/;

/** What no model is called. */
const noModel =
  /(?:^|\/)(?:sk[-_][A-Za-z0-9._-]{6,}|(?:gh[opsu]|hf|gsk)_[A-Za-z0-9]{16,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|tvly-[\w-]{16,}|github_pat_\w+|AKIA[A-Z0-9]{12,}|AIza[\w-]{20,}|eyJ[\w.-]{10,})/;

const reference = /(?<!\$)\$\{[A-Z_][A-Z0-9_]*\}/g;

/** `--api-key=…`, `GH_TOKEN=…`, `api_key=…`: not where a variable or a placeholder follows. */
const assignment = /(?<![\w$.-])(--?)?([A-Za-z][\w.-]*)=["']?([^\s"'$<&#;][^\s"'&#;]{3,})/g;

/** Without the variables that are named in it. */
export function literalPart(text: string): string {
  return text.replace(reference, '');
}

/** May be a key, wherever it stands; or an address with a password or a key in it, or a command with one. */
export function looksSecret(text: string): boolean {
  const literal = literalPart(text);
  return isKeyLike(text) || hasSecretInQuery(literal, isSecretName) || assignsSecret(literal);
}

/** The same without those where a name alone leaves it in doubt. */
export function isKeyLike(text: string): boolean {
  const literal = literalPart(text);
  return prefixed.test(literal) || longRun.test(literal) || isOpenAddress(literal);
}

/** The one kind of text that is a secret where a model's name belongs: these are long, and of any letters. */
export function isKeyAsModel(text: string): boolean {
  return noModel.test(literalPart(text));
}

/** What stands behind this argument of a command is a secret: `--token`. */
export function isSecretFlag(argument: unknown): boolean {
  const name = typeof argument === 'string' ? /^--?([A-Za-z][\w-]*)$/.exec(argument)?.[1] : undefined;
  return name !== undefined && isSecretName(name);
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
  const address = addressIn(text);
  if (/:\/\/[^/\s@]*:[^/\s@]+@/.test(address ?? text)) return true;
  if (address !== undefined && /^https?:\/\/[^/\s@?#]+@/i.test(address)) return true;
  return hasSecretInQuery(
    text,
    (name) => isCertainName(name) || /^(?:key|sig|signature|auth|code|session)$/i.test(name),
  );
}

function hasSecretInQuery(text: string, isSecretOf: (name: string) => boolean): boolean {
  const parts = addressIn(text)?.matchAll(/[?&#;]([^=&#;]*)=([^&#;]+)/g) ?? [];
  return [...parts].some(([, name = '']) => isSecretOf(name));
}

function addressIn(text: string): string | undefined {
  return /^[a-z][a-z\d+.-]*:\/\/\S*$/i.exec(text.trim())?.[0];
}

/** Words in a text for people have an equals sign too: in small letters only a name of no doubt counts. */
function assignsSecret(text: string): boolean {
  return [...text.matchAll(assignment)].some(([, dashes, name = '', value = '']) => {
    if (isMeasure(name) && /^\d+$/.test(value)) return false;
    return dashes === undefined && name !== name.toUpperCase() ? isCertainName(name) : isSecretName(name);
  });
}
