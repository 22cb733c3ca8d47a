// Which places of the configuration hold secrets, and how what stands there is shown: a reference to a variable as it is
// written, anything else as dots of one length. In doubt it is a secret. Nothing is read or written here.
import type { ConfigPath } from './config-path.ts';
import { isCertainName, isMeasure, isPluralOfSecrets, isSecretName } from './secret-names.ts';
import {
  isKeyAsModel,
  isKeyLike,
  isSecretAsName,
  isSecretFlag,
  literalPart,
  looksSecret,
  mask,
  shownName,
} from './secret-text.ts';
import { valueAt } from './tree.ts';

/** Names of HTTP headers, which are masked where a header of that name could let somebody in. */
const secretHeaders = /auth|cookie|key|token|secret|password|session|signature/i;

/** Behind these the name above tells what it is: `apiKey.value`. */
const plainNames = /^(?:value|plain|data|raw|literal|inline|current|previous)$/i;

/** In a group of secrets, these tell of it. */
const aboutGroup = /^(?:file|path|dir|url|type|mode|provider|source)$/i;

/** How a place tells that a secret stands there: `surely`, or by a name that leaves it in doubt. */
type Telling = 'surely' | 'in doubt' | 'not';

/** By its name, and the one above it: `models.providers.lab.apiKey`, all of `env`, headers that let somebody in. */
export function isSecretKey(path: ConfigPath): boolean {
  return telling(namesOf(path)) !== 'not';
}

/** The same without the names that leave it in doubt. */
export function isCertainKey(path: ConfigPath): boolean {
  return telling(namesOf(path)) === 'surely';
}

/** The last name, and the one above it; higher ones may be of a person's choice. */
function telling(names: readonly string[]): Telling {
  const [last = '', above = ''] = names.toReversed();
  const at = names.length - 1;
  if (names[0] === 'env') {
    const isShell = names[1] === 'shellEnv';
    return at === 0 || isShell || (last === 'vars' && at === 1) ? 'not' : 'surely';
  }
  if (isOfEnvironment(names)) return 'surely';
  if (/headers$/i.test(above)) return secretHeaders.test(last) ? 'surely' : 'not';
  if (at > 0 && plainNames.test(last)) return telling(names.slice(0, -1));
  if (isSecretName(last) && !isName(names, at)) return isCertainName(last) ? 'surely' : 'in doubt';
  const isInGroup = isPluralOfSecrets(above) && !isName(names, at - 1) && !aboutGroup.test(last);
  return isInGroup ? 'in doubt' : 'not';
}

/** `localService.env.X`, and not a provider that is called `env`. */
function isOfEnvironment(names: readonly string[]): boolean {
  const at = names.length - (names.at(-2) === 'vars' ? 3 : 2);
  return at > 0 && names[at] === 'env' && names.at(-1) !== 'vars' && !isName(names, at);
}

function namesOf(path: ConfigPath): string[] {
  return path.filter((part) => typeof part === 'string');
}

/** The same for a number: one that measures text is none. */
export function isSecretNumberKey(path: ConfigPath): boolean {
  const last = path.at(-1);
  const isOfText = typeof last === 'string' && namesOf(path).slice(-2).some(isMeasure);
  return isSecretKey(path) && (path[0] === 'env' || !isOfText);
}

/** A value as it may be shown: the same shape, with dots for each secret. `before`: what stands before it in its list. */
export function masked(value: unknown, path: ConfigPath, before?: unknown): unknown {
  if (typeof value === 'string') return isSecret(value, path) || isBehindFlag(value, before) ? mask : value;
  if (typeof value === 'number' && isSecretNumberKey(path)) return mask;
  if (Array.isArray(value))
    return value.map((element, index) => masked(element, [...path, index], value[index - 1]));
  if (typeof value !== 'object' || value === null) return value;
  const names = Object.keys(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [maskedName(name, names), masked(child, [...path, name])]),
  );
}

/** The same for a value that belongs, or would belong, to this place of a configuration. */
export function maskedIn(config: unknown, path: ConfigPath, value: unknown): unknown {
  const index = path.at(-1);
  const before = typeof index === 'number' ? valueAt(config, [...path.slice(0, -1), index - 1]) : undefined;
  return masked(value, path, before);
}

/** `["--token", "…"]`: the list alone tells it. */
export function isBehindFlag(text: string, before: unknown): boolean {
  return isSecretFlag(before) && !text.startsWith('-') && literalPart(text).trim() !== '';
}

/** Of several names that are secrets, each stays apart. */
function maskedName(name: string, names: readonly string[]): string {
  if (!isSecretAsName(name)) return name;
  const index = names.filter(isSecretAsName).indexOf(name);
  return `${shownName(name)}${index === 0 ? '' : ` (${index + 1})`}`;
}

/** A text that must not be shown. References are fine, and so is nothing. */
export function isSecret(text: string, path: ConfigPath): boolean {
  if (isModelName(path) ? isKeyAsModel(text) : looksSecret(text)) return true;
  return isSecretKey(path) && isLiteral(text, path);
}

/** One that must not be written in plain either: what is in doubt is shown as dots alone. */
export function isCertainSecret(text: string, path: ConfigPath): boolean {
  if (isModelName(path) ? isKeyAsModel(text) : isKeyLike(text)) return true;
  return isCertainKey(path) && isLiteral(text, path);
}

function isLiteral(text: string, path: ConfigPath): boolean {
  const literal = literalPart(text).trim();
  return !isReferenceOfOpenClaw(path) && literal !== '' && !/^(?:bearer|basic)$/i.test(literal);
}

/** Where a model is named: `agents.defaults.model`, what stands in for it, and the models of a provider. */
function isModelName(path: ConfigPath): boolean {
  const [last = '', above = ''] = namesOf(path).toReversed();
  if (path[0] === 'agents') {
    return (
      /^model$|Model$/.test(last) || (/^(?:primary|fallbacks)$/.test(last) && /^model$|Model$/.test(above))
    );
  }
  const isOfProvider = path[0] === 'models' && path[1] === 'providers' && path[3] === 'models';
  return isOfProvider && path.length === 6 && (last === 'id' || last === 'name');
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
