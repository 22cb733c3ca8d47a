// Which names say that a secret stands behind them: `apiKeys`, `signing_key`, `password2`, `clientSecretValue`, but not
// `maxTokens`, `primaryKey` or `tokenUrl`. In doubt it is a secret; of a few kinds of names there is none. Where in a
// configuration a name counts, is secret-places.ts's.

const set = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/));

/** Each is a secret by itself, and behind any other word. */
const secretWords =
  set(`token tokens password passwords passwd pwd pw passphrase passphrases passcode secret secrets
  credential credentials creds cred authorization cookie cookies bearer otp totp psk pin jwt mnemonic apikey apikeys`);

/** Words that end a name which tells of a secret and holds none: a place, a measure, a way. */
const aboutWords =
  set(`file files path paths dir folder url uri endpoint id ids name names policy type types mode ttl ms
  seconds minutes hours days expiry expires at env var vars variable variables provider providers source ref refs count
  counts counter limit limits length size max min budget usage cost costs price format prefix header headers field
  fields enabled required optional rotation kind algorithm scope scopes store storage service index hint hints label
  window threshold per minute second hour day ratio percent rate estimate estimator encoding scheme strategy
  server servers issuer endpoints audience subject claims prefixes helper helpers domain domains site timeout timeouts
  split splitter separator delimiter interval delay retry retries lifetime age duration handler parser regex pattern
  patterns command script version status description title placeholder secure allowed disabled`);

/** Before `tokens`, these make it a measure of text. */
const countWords =
  set(`max min context input output total prompt completion reserve reserved keep recent threshold
  soft hard budget cache cached read write limit used usage count num per thinking reasoning prunable chunk overlap
  window floor generate predict new sampled draft system history summary response stop special bos eos pad mask`);

/** Before `key`, these make it one that opens nothing. */
const plainKeys =
  set(`primary public foreign partition sort cache group main hot shortcut lookup row object map index
  unique dedupe idempotency config metadata thread event query param json translation locale label model profile
  tag name field path column search conversation context modifier arrow order host agent property
  attribute dictionary state entity item sub parent registry setting settings section`);

/** Joined without a sign between the words, as in `apikey` and `MYPASSWORD`. */
const joined =
  /(?:api|access|private|secret|sign|signing|encryption|session|master|shared|auth|hmac|ssh)keys?$|(?:password|passwd|passphrase|secret|credential|cookie)s?$|token$|(?:access|refresh|bot|auth|api|bearer|id)tokens$|authorization$/;

/** Before `key`, with anything else behind it: `privateKeyPem`. */
const openKeys = set('private secret signing encryption api access session master hmac');

/** Behind `key` alone: what it is written as. */
const keyTexts = set('pem value data material base64 text raw');

/** Before `auth`, where it is `user:password`. */
const openAuths = set('basic digest http proxy');

/** Of these there is no doubt. */
const certain =
  /(?:api[-_]?key|access[-_]?key|private[-_]?key|token|password|passwd|passphrase|secret|credentials?|authorization|cookie)$/i;

/** Each element, whatever it is called, is a secret. */
const plural =
  /^(?:tokens|passwords|secrets|credentials|creds|(?:api|access|private|secret|auth)[-_]?keys)$/i;

/** The value under this name is a secret. */
export function isSecretName(name: string): boolean {
  const words = wordsOf(name);
  const at = words.findLastIndex((_, index) => isSecretWord(words, index));
  return at >= 0 && !words.slice(at + 1).some((word) => aboutWords.has(word));
}

/** Surely one: what must not be written in plain, whatever it looks like. */
export function isCertainName(name: string): boolean {
  return certain.test(name) && isSecretName(name);
}

/** Holds secrets under names of any kind: `apiKeys`. */
export function isPluralOfSecrets(name: string): boolean {
  return plural.test(name);
}

/** Where it holds a number, that is how much text there is: `chunking.tokens`. */
export function isMeasure(name: string): boolean {
  return wordsOf(name).at(-1) === 'tokens';
}

function isSecretWord(words: readonly string[], index: number): boolean {
  const word = words[index] ?? '';
  const before = words.slice(0, index);
  const next = words[index + 1];
  switch (word) {
    case 'tokens':
      return !before.some((each) => countWords.has(each));
    case 'pass':
      return next === undefined;
    case 'auth':
      return next === undefined && openAuths.has(before.at(-1) ?? '');
    case 'key':
    case 'keys': {
      const kind = before.at(-1) ?? '';
      if (next === undefined) return !plainKeys.has(kind);
      return openKeys.has(kind) || keyTexts.has(next);
    }
    default:
      return secretWords.has(word) || joined.test(word);
  }
}

/** `clientSecretValue2` is client, secret, value. */
function wordsOf(name: string): string[] {
  return name
    .replace(/i18n|l10n/gi, 'locale')
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
}
