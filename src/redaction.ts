// Takes secrets out of text that this program did not write: those that are known, in the spellings in which servers and
// libraries repeat them, and whatever looks like a token. A net under the rule that secrets are in no message at all:
// against accidents, not against a server that hides on purpose what it knows anyway.

const redacted = '[redacted]';

/** Shorter values, such as a user code, are no secrets and could be any word. */
const shortestSecret = 12;

/** Also finds them in percent-encoding, in JSON, in hexadecimal, and within base64. To be called before a text is cut to length. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let shown = text;
  for (const spelling of spellingsOf(secrets)) shown = shown.replaceAll(spelling, redacted);
  return shown;
}

/** All that `withoutSecrets` looks for. */
export function spellingsOf(secrets: readonly string[]): string[] {
  return secrets.filter(({ length }) => length >= shortestSecret).flatMap((secret) => [...spellings(secret)]);
}

/**
 * Masks what can only be a token, a key or an encoding of one: for text whose secrets are not known. Identifiers that
 * people report (UUIDs, hexadecimal numbers of up to 128 bits) and the parts of a path stay.
 */
export function withoutTokens(text: string): string {
  return text
    .replace(/(?:%[0-9a-f]{2}){8,}/gi, redacted)
    .replace(/\b(bearer\s+)[\w.~+/=-]{8,}/gi, `$1${redacted}`)
    .replace(/[\w~+-]{24,}={0,2}/g, (run) => (isToken(run) ? redacted : run));
}

function isToken(run: string): boolean {
  if (/^[0-9a-f-]{1,36}$/i.test(run)) return false;
  const hasLetters = /[a-z]/i.test(run);
  const hasDigits = /\d/.test(run);
  const isMixed = run.length >= 40 && /[a-z]/.test(run) && /[A-Z]/.test(run);
  return (hasLetters && hasDigits) || isMixed;
}

function spellings(secret: string): Set<string> {
  return new Set([
    secret,
    encodeURIComponent(secret.toWellFormed()),
    JSON.stringify(secret).slice(1, -1),
    inHex(secret),
    inHex(secret).toUpperCase(),
    ...[0, 1, 2].flatMap((offset) => [
      base64Within(secret, offset, 'base64'),
      base64Within(secret, offset, 'base64url'),
    ]),
  ]);
}

function inHex(secret: string): string {
  return Buffer.from(secret).toString('hex');
}

/** The characters that stay the same in the base64 of any text that holds the secret at such an offset. */
function base64Within(secret: string, offset: number, alphabet: 'base64' | 'base64url'): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
  return bytes.toString(alphabet).slice(Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6));
}
