// What the answer to an authorization request must be (RFC 6749 section 4.1.2, RFC 9207), decided over its query alone.
// `state` comes first: who does not know it has nothing to say, and the listener goes on listening. Who knows it is this
// login's server or its browser, and what is wrong with such an answer ends the login. How an answer arrives (redirect
// or pasted by hand) is for others: both are judged here.
import { createHash, timingSafeEqual } from 'node:crypto';
import { Secret } from '../platform/secret.ts';
import { foreignText } from '../platform/text.ts';

export type CallbackExpectation = {
  readonly state: string;
  /** Exactly what `iss` must be; without it any is ignored, since there is nothing to compare it with. */
  readonly issuer?: string;
  /** The server has promised `iss`: an answer without it is another's. */
  readonly issuerRequired: boolean;
};

/** What a code is redeemed with. */
export type AuthorizationResponse = {
  readonly code: Secret;
  readonly state: string;
  readonly issuer?: string;
};

export type CallbackOutcome =
  | { readonly kind: 'code'; readonly response: AuthorizationResponse }
  | { readonly kind: 'denied' }
  /** The server's own error (RFC 6749 section 4.1.2.1), cleaned. */
  | { readonly kind: 'failed'; readonly error: string; readonly description?: string }
  /** RFC 9207: not from the server that was asked. No token may be asked for. */
  | { readonly kind: 'foreign'; readonly reason: string };

export type CallbackVerdict =
  | { readonly kind: 'accepted'; readonly outcome: CallbackOutcome }
  /** Not this login's answer; `reason` is a constant text. */
  | { readonly kind: 'refused'; readonly reason: string };

const longestCode = 4 * 1024;

export function judgeCallback(query: URLSearchParams, expected: CallbackExpectation): CallbackVerdict {
  const [state, ...furtherStates] = query.getAll('state');
  if (state === undefined) return refused('it has no state');
  if (furtherStates.length > 0) return refused('it has more than one state');
  if (!isSameText(state, expected.state)) return refused('its state is that of another login');

  const issuers = query.getAll('iss');
  if (issuers.length > 1) return foreign('the answer names more than one issuer');
  const names = [...query.keys()];
  if (new Set(names).size !== names.length) return refused('a parameter in it is repeated');
  const [issuer] = issuers;
  if (issuer === undefined && expected.issuerRequired) return foreign('the answer does not say who gave it');
  if (issuer !== undefined && expected.issuer !== undefined && !isSameText(issuer, expected.issuer)) {
    return foreign('the answer was given by another server');
  }

  const code = query.get('code') ?? undefined;
  const error = query.get('error') ?? undefined;
  if (code !== undefined && error !== undefined) return refused('it has both a code and an error');
  if (error !== undefined) return accepted(readError(error, query.get('error_description') ?? ''));
  if (code === undefined) return refused('it has neither a code nor an error');
  // RFC 6749 appendix A.11: VSCHAR.
  if (code.length > longestCode || !/^[\x20-\x7e]+$/.test(code)) return refused('its code is malformed');
  return accepted({
    kind: 'code',
    response: { code: new Secret(code), state, ...(issuer === undefined ? {} : { issuer }) },
  });
}

/** In a time that tells nothing about where the texts differ. */
export function isSameText(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

/**
 * The query of an address that a person pasted, as terminals and mail programs break it: spaces and line breaks within,
 * quotes or brackets around. A text instead when it is not `redirectUri` with a query.
 */
export function readPastedCallback(text: string, redirectUri: string): URLSearchParams | string {
  if (text.length > longestPaste) return 'it is too long';
  const address = text
    .replaceAll(/\s+/g, '')
    .replace(/^["'`<(]+/, '')
    .replace(/["'`>)]+$/, '');
  if (address === '') return 'it is empty';
  if (address === redirectUri) return 'it has no answer in it: copy the whole address';
  if (!address.startsWith(`${redirectUri}?`)) return `it does not begin with ${redirectUri}?`;
  return new URLSearchParams(address.slice(redirectUri.length + 1).replace(/#.*$/, ''));
}

const longestPaste = 16 * 1024;

function readError(error: string, description: string): CallbackOutcome {
  if (error === 'access_denied') return { kind: 'denied' };
  const said = foreignText(description);
  return { kind: 'failed', error: foreignText(error, [], 64), ...(said === '' ? {} : { description: said }) };
}

function accepted(outcome: CallbackOutcome): CallbackVerdict {
  return { kind: 'accepted', outcome };
}

function foreign(reason: string): CallbackVerdict {
  return accepted({ kind: 'foreign', reason });
}

function refused(reason: string): CallbackVerdict {
  return { kind: 'refused', reason };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
