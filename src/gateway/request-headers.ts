// Decides which of a client's headers reach the upstream: those that shape the answer, and nothing that identifies
// the client or carries its credentials. The login's own headers come from the lease, last, and are never overruled.
import type { IncomingHttpHeaders } from 'node:http';
import type { ModelApi } from '../plugin-sdk/index.ts';

/** Names and values in turn, as undici takes them without another copy. */
export type FlatHeaders = string[];

/** `isFirst`: with the login and the model that were tried first; for any other it is another request. */
export type RequestHeaders = (
  api: ModelApi,
  client: IncomingHttpHeaders,
  lease: Readonly<Record<string, string>>,
  isFirst?: boolean,
) => FlatHeaders;

const defaultAnthropicVersion = '2023-06-01';

/**
 * `x-stainless-*` is left out: it tells the vendor about the client's machine and changes no answer.
 * Nor is `accept-encoding`: what was used, and whether an answer is an error, can be read in plain bytes alone.
 */
const passedAlways = ['accept', 'user-agent'] as const;
/** Without it a server may pack the answer as it likes (RFC 9110 section 12.5.3). */
const plainBytes = ['accept-encoding', 'identity'] as const;

/**
 * OpenAI's `openai-organization` and `openai-project` are left out: they name the client's own account, and the login is
 * another.
 */
const openaiNames = [...passedAlways, 'openai-beta'] as const;
const passedNames: Readonly<Record<ModelApi, readonly string[]>> = {
  'anthropic-messages': [...passedAlways, 'anthropic-beta', 'x-app'],
  'openai-completions': openaiNames,
  'openai-responses': openaiNames,
};

/**
 * What keeps a client's second try from being paid for twice. It is bound to what was asked, and of whom: sent along with
 * another model or login it would be refused, or answered with what the first one has said.
 */
const idempotencyKey = 'idempotency-key';

export function createRequestHeaders(): RequestHeaders {
  // A lease's headers are one object a credential: flattened once for each family of APIs.
  const flattened = new WeakMap<object, readonly string[]>();
  const withoutKey = new WeakMap<object, readonly string[]>();

  return (api, client, lease, isFirst = true) => {
    const flat: FlatHeaders = ['content-type', contentType(client['content-type']), ...plainBytes];
    const isAnthropic = api === 'anthropic-messages';
    if (isAnthropic) {
      flat.push('anthropic-version', single(client['anthropic-version']) ?? defaultAnthropicVersion);
    }
    for (const name of passedNames[api]) {
      const value = single(client[name]);
      if (value !== undefined) flat.push(name, value);
    }
    const key = isAnthropic || !isFirst ? undefined : single(client[idempotencyKey]);
    if (key !== undefined) flat.push(idempotencyKey, key);
    const own = isAnthropic
      ? remembered(flattened, lease, flatten)
      : remembered(withoutKey, lease, flattenBearer);
    for (const part of own) flat.push(part);
    return flat;
  };
}

/** The model's name was found in it, so JSON it is, whatever `curl -d` calls it by itself. */
function contentType(named: string | undefined): string {
  return named?.includes('json') === true ? named : 'application/json';
}

function remembered(
  known: WeakMap<object, readonly string[]>,
  lease: Readonly<Record<string, string>>,
  read: (headers: Readonly<Record<string, string>>) => readonly string[],
): readonly string[] {
  let flat = known.get(lease);
  if (flat === undefined) {
    flat = read(lease);
    known.set(lease, flat);
  }
  return flat;
}

function flatten(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers).flat();
}

/** OpenAI's APIs take a Bearer token; the second copy that some of Anthropic's want is left out. */
function flattenBearer(headers: Readonly<Record<string, string>>): readonly string[] {
  const { 'x-api-key': key, ...others } = headers;
  if (key === undefined || others['authorization'] !== undefined) return flatten(others);
  return flatten({ ...others, authorization: `Bearer ${key}` });
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}
