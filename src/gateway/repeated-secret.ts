// Answers of an upstream that repeat the credential they were sent. Who may use the gateway may use a login, but not
// have its token: such an answer is withheld, and its meaning told in the gateway's own words.
import type { Lease } from '../auth/lease.ts';
import { foreignText } from '../platform/text.ts';
import { spellingsOf } from '../redaction.ts';
import type { AnswerHead } from './response-headers.ts';

export type LeaseSecrets = {
  readonly values: readonly string[];
  /** As they are, and percent-encoded where that differs: what each header of each answer is compared to. */
  readonly plain: readonly string[];
  /** In every spelling that is looked for where it may take a moment. */
  readonly spellings: readonly string[];
};

/** Shorter ones could be any word of a header. */
const shortestSecret = 12;
/** What a provider may send along that is no secret, and comes back for good reasons. */
const openHeaders = new Set(['accept', 'content-type', 'user-agent', 'anthropic-version', 'anthropic-beta']);

/** What a lease puts into the headers of a request; worked out once for each credential. */
export function createSecretsOf(): (lease: Lease) => LeaseSecrets {
  const known = new WeakMap<Lease['headers'], LeaseSecrets>();
  return ({ headers }) => {
    let secrets = known.get(headers);
    if (secrets === undefined) {
      secrets = readSecrets(headers);
      known.set(headers, secrets);
    }
    return secrets;
  };
}

function readSecrets(headers: Lease['headers']): LeaseSecrets {
  const secret = Object.entries(headers).filter(([name]) => !openHeaders.has(name.toLowerCase()));
  const values = [...new Set(secret.map(([, value]) => value.replace(/^Bearer /i, '')))];
  const long = values.filter(({ length }) => length >= shortestSecret);
  const plain = new Set(long.flatMap((value) => [value, encodeURIComponent(value.toWellFormed())]));
  return { values, plain: [...plain], spellings: spellingsOf(values) };
}

/** `text`: what the body says once its encoding is undone. */
export function repeatsSecret(
  head: AnswerHead,
  body: Buffer,
  text: string,
  { spellings }: LeaseSecrets,
): boolean {
  // The bytes too: behind the end of what is compressed there may be more.
  const said = [text, body.toString('latin1'), ...head.headers].join('\n');
  const plain = unescaped(said);
  return spellings.some((spelling) => said.includes(spelling) || plain.includes(spelling));
}

/** One line of an upstream's own words, fit for a client and a log. */
export function tellWithout(message: string, { values }: LeaseSecrets, maxLength?: number): string {
  return foreignText(unescaped(message), values, maxLength);
}

/** Characters of a token that libraries like to escape in JSON or HTML, and the zeros of UTF-16. */
function unescaped(text: string): string {
  return text
    .replaceAll('\0', '')
    .replaceAll('\\/', '/')
    .replace(/\\u([0-9a-f]{4})|&#x([0-9a-f]{1,4});|&#(\d{1,5});/gi, (_, json, hex, decimal) =>
      String.fromCharCode(decimal === undefined ? Number.parseInt(json ?? hex, 16) : Number(decimal)),
    );
}
