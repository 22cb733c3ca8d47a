// What an authorization server could send in place of a good answer: members dropped, doubled, renamed, nested or of
// another kind, numbers of any size, names that JavaScript knows, text that is no JSON, any status.
import * as fc from 'fast-check';
import { canary } from './credentials.ts';

/** Whole tokens, as long as real ones: none of them may be seen in what is said about an answer. */
export const answerTokens = {
  access: `${canary}-granted-access-0123456789abcdef`,
  refresh: `${canary}-granted-refresh-0123456789abcdef`,
  sent: `${canary}-sent-refresh-0123456789abcdef`,
  former: `${canary}-former-access-0123456789abcdef`,
  quoted: `${canary}-quoted-token-0123456789abcdef`,
} as const;

export type ServedAnswer = {
  readonly status: number;
  readonly text: string;
  readonly headers: Record<string, string>;
};

type Body = Record<string, unknown>;
type Change = (body: Body) => unknown;

const oddNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.bigInt().map((value) => `${value}`),
  fc.constantFrom(
    '0',
    '-0',
    '-1',
    '1e308',
    '1e999',
    '-1e999',
    '5e-324',
    '8.64e15',
    '8640000000000001',
    '9007199254740993',
    '1782879000000',
    '999999999',
    '1000000000000',
  ),
);
const oddText = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'NaN',
    'Infinity',
    '-Infinity',
    'null',
    'undefined',
    'true',
    '[object Object]',
    '__proto__',
    '\u0000',
    '\u001b[2J',
    '\u202e',
    '\ud800',
    'ünïcode',
    'with space',
    'line\nbreak',
    `${canary}-${'x'.repeat(16_384)}`,
    `${answerTokens.quoted} with more`,
    'invalid_grant',
    'access_denied',
    'slow_down',
    'authorization_pending',
    'expired_token',
    'pending',
    'success',
    'failed',
    'https://evil.example/',
    'javascript:alert(1)',
  ),
  fc.string(),
);
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: oddText },
  // As text, since JSON has numbers that no number of JavaScript is.
  { weight: 3, arbitrary: oddNumber.map((value) => ({ '##number': String(value) })) },
  fc.constantFrom<unknown>(null, true, false, [], {}, [[]], {
    status_code: 40_004,
    status_msg: `no ${answerTokens.quoted}`,
  }),
  fc.jsonValue({ maxDepth: 3 }),
);
const oddName = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'length',
    'then',
    'toJSON',
    'error',
    'error_description',
    'base_resp',
    'status',
    'status_code',
    'expires_in',
    'expired_in',
    'data',
    'id_token',
    'token_type',
  ),
  fc.string(),
);

const pick = fc.noBias(fc.nat(99));
const nameAt = (body: Body, index: number): string => {
  const names = Object.keys(body);
  return names[index % Math.max(1, names.length)] ?? 'none';
};

/** As JSON.parse makes them: a member called `__proto__` is a member like others. */
function withMember(body: Body, name: string, value: unknown): Body {
  const copy = Object.fromEntries(Object.entries(body));
  Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}

function without(body: Body, name: string): Body {
  return Object.fromEntries(Object.entries(body).filter(([other]) => other !== name));
}

const someChange: fc.Arbitrary<Change> = fc.oneof(
  pick.map(
    (index): Change =>
      (body) =>
        without(body, nameAt(body, index)),
  ),
  fc.tuple(pick, oddValue).map(
    ([index, value]): Change =>
      (body) =>
        withMember(body, nameAt(body, index), value),
  ),
  fc.tuple(oddName, oddValue).map(
    ([name, value]): Change =>
      (body) =>
        withMember(body, name, value),
  ),
  // One member's value under another's name: a token in an error's description, say.
  fc.tuple(pick, pick).map(
    ([from, to]): Change =>
      (body) =>
        withMember(body, nameAt(body, to), body[nameAt(body, from)]),
  ),
  fc.tuple(pick, oddName).map(
    ([from, name]): Change =>
      (body) =>
        withMember(body, name, body[nameAt(body, from)]),
  ),
  fc.constantFrom<Change[]>(
    (body) => [body],
    (body) => ({ data: body }),
    (body) => ({ base_resp: { status_code: 0 }, ...body, data: body }),
    (body) => JSON.stringify(body),
    () => null,
    () => [],
  ),
);

/** An error in OAuth's words, with a description that quotes whatever it likes. */
const someError = fc.record({
  error: fc.constantFrom(
    'invalid_grant',
    'invalid_client',
    'access_denied',
    'slow_down',
    'temporarily_unavailable',
  ),
  error_description: fc.oneof(
    fc.constantFrom(...Object.values(answerTokens)),
    oddText,
    oddText.map((text) => `the token ${answerTokens.quoted} ${text}`),
  ),
});

function toText(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.replaceAll(/\{"##number":"([^"]*)"\}/g, '$1');
}

/** Cuts, doubles or alters the text itself. */
const someSpoiling: fc.Arbitrary<(text: string) => string> = fc.oneof(
  { weight: 12, arbitrary: fc.constant((text: string) => text) },
  fc
    .noBias(fc.nat(999))
    .map((part) => (text: string) => text.slice(0, Math.floor((text.length * part) / 1000))),
  fc.tuple(fc.noBias(fc.nat(999)), fc.string()).map(([part, more]) => (text: string) => {
    const index = Math.floor((text.length * part) / 1000);
    return text.slice(0, index) + more + text.slice(index);
  }),
  // The first of two members of one name is not the one that counts.
  fc.constant((text: string) => text.replace(/^\{/, '{"access_token":"first","error":"","status":"queued",')),
  fc.constant((text: string) => `${text}${text}`),
  fc.constant((text: string) => `\ufeff${text}`),
  fc.constant((text: string) => `${'['.repeat(20_000)}${text}`),
  fc.constant((text: string) => text.replace(/\}$/, `,"pad":"${'x'.repeat(70_000)}"}`)),
);

const someStatus = fc.oneof(
  { weight: 8, arbitrary: fc.constant(200) },
  { weight: 3, arbitrary: fc.constant(400) },
  fc.constantFrom(201, 202, 301, 302, 307, 401, 403, 404, 408, 425, 429, 500, 503, 599),
);

const someHeaders = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  fc.constantFrom<Record<string, string>>(
    { 'retry-after': '1e308' },
    { 'retry-after': `-5` },
    { 'retry-after': '99999999999999999999' },
    { date: 'yesterday' },
    { date: 'Thu, 01 Jan 1970 00:00:00 GMT' },
    { location: 'https://evil.example/?token=x' },
    { location: 'not a url' },
    { 'content-type': 'text/html' },
  ),
);

/** `body` with up to `most` changes; about one in `most + 1` is left as it is. */
export function someAnswer(body: Body, most = 4): fc.Arbitrary<ServedAnswer> {
  const changed = fc
    .array(someChange, { maxLength: most })
    .map((changes) =>
      changes.reduce<unknown>(
        (value, change) =>
          typeof value === 'object' && value !== null && !Array.isArray(value)
            ? change(value as Body)
            : value,
        body,
      ),
    );
  return fc
    .tuple(
      fc.oneof({ weight: 9, arbitrary: changed }, { weight: 3, arbitrary: someError }, fc.jsonValue()),
      someSpoiling,
      someStatus,
      someHeaders,
    )
    .map(([value, spoil, status, headers]) => ({ status, text: spoil(toText(value)), headers }));
}
