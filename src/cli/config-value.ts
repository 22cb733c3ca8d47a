// What a person typed as a value: JSON5 where it is that, else the text itself; the text also where the schema wants one.
// Decides too which values must not be typed at all: secrets.
import { schemaProblems, type ConfigProblem } from '../config/check.ts';
import { pathText, shellPath, type ConfigPath } from '../config/config-path.ts';
import { parseDocument, parseValue } from '../config/json5-document.ts';
import { isOneOf } from '../config/load.ts';
import { isCertainKey, isCertainSecret, isSecretNumberKey } from '../config/secret-places.ts';
import { variableFor } from '../config/secret-variable.ts';
import { substitute } from '../config/substitute.ts';
import { OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';

/** Why this text of a configuration would not load. Variables in it are taken as good. */
export function problemsIn(text: string, file: string): readonly ConfigProblem[] {
  const document = parseDocument(text, file);
  const { tree, unavailable } = substitute(document.value, {});
  const checked = schemaProblems(document, tree as Record<string, unknown>, isOneOf(unavailable));
  return 'problems' in checked ? checked.problems : [];
}

/** `withValue` is the text of the file with a value set. */
export function readValue(
  written: string,
  path: ConfigPath,
  file: string,
  withValue: (value: unknown) => string,
): unknown {
  const parsed = parseValue(written)?.value;
  const bracket = /^\s*([[{])/.exec(written)?.[1];
  if (parsed === undefined && bracket !== undefined) {
    throw new OpenClawError({
      code: 'USAGE',
      message: `The value begins with ${bracket} and cannot be read as JSON5: a bracket, a quote or a comma is missing, or the shell took the quotes.`,
      remedy: `Put the whole value in single quotes, for example '["a", "b"]'. If it is meant as text, put it in double quotes within these.`,
    });
  }
  if (parsed === undefined || typeof parsed === 'string' || !isJson(parsed)) return parsed ?? written;
  // Whoever writes null wants nothing there, and not the word.
  if (parsed === null) return null;
  // A number that loses digits is an id or a key, and was meant as text.
  if (typeof parsed === 'number' && Number.isInteger(parsed) && !Number.isSafeInteger(parsed)) return written;
  const isAbout = ({ path: place }: ConfigProblem): boolean => place.startsWith(pathText(path));
  const isFine = (value: unknown): boolean => !problemsIn(withValue(value), file).some(isAbout);
  return isFine(parsed) || !isFine(written) ? parsed : written;
}

/** JSON5 has numbers that JSON has not. */
function isJson(value: unknown): boolean {
  return typeof value !== 'number' || Number.isFinite(value);
}

/**
 * Throws CONFIG_WRITE_REFUSED for a literal secret. The name of its own provider is none: local servers that need no key
 * are given that.
 */
export function refuseSecret(value: unknown, path: ConfigPath, dotenvFile: string): void {
  const secret = secretIn(value, path);
  if (secret === undefined) return;
  const name = pathText(secret);
  const variable = variableFor(secret);
  const isVariable = secret[0] === 'env';
  throw new OpenClawError({
    code: 'CONFIG_WRITE_REFUSED',
    message: `${name} was left as it is: the value is a secret, and would stay in the shell's history and lie in the file in plain text.`,
    remedy: `${isVariable ? 'Write' : 'Set'} ${variable}=… ${isVariable ? 'into' : 'in the environment or in'} ${cleanText(dotenvFile, 400)}${isVariable ? ', which needs no entry here' : `, and name it: \`openclaw config set ${shellPath(secret)} '\${${variable}}'\``}. Or let openclaw seal the key: \`openclaw onboard\`.`,
    data: { place: name },
  });
}

function secretIn(value: unknown, path: ConfigPath): ConfigPath | undefined {
  if (typeof value === 'string') {
    const isPlaceholder = path.length === 4 && path.at(-1) === 'apiKey' && path[2] === value;
    return isCertainSecret(value, path) && !isPlaceholder ? path : undefined;
  }
  if (typeof value === 'number') {
    return isSecretNumberKey(path) && isCertainKey(path) ? path : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    const found = secretIn(child, [...path, Array.isArray(value) ? Number(key) : key]);
    if (found !== undefined) return found;
  }
  return undefined;
}
