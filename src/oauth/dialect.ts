// How one authorization server words the OAuth messages: pure functions between its JSON and the standard's.
// Waiting, sending, limits and retries are not here; a dialect never sees a socket or a clock.

/** A JSON answer of the server, any status that is neither a redirect nor trouble on the way. */
export type ServerAnswer = {
  readonly status: number;
  readonly body: unknown;
  /** Wall time for reading absolute instants: the server's own (`Date` header) where the local clock is off. */
  readonly nowMs: number;
};

/** Device authorization response, RFC 8628 section 3.2. */
export type DeviceOffer = {
  readonly kind: 'offer';
  /** What identifies the login when polling; some servers use the user code for it. */
  readonly deviceCode: string;
  readonly userCode: string;
  readonly verificationUrl: string;
  readonly expiresInMs: number;
  readonly intervalMs?: number;
};

/** Access token response, RFC 6749 section 5.1. */
export type TokenAnswer = {
  readonly kind: 'token';
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly lifetimeMs?: number;
  readonly scope?: string;
  /** OpenID Connect Core section 2; only from a server that a dialect expects one of. */
  readonly idToken?: string;
  /** Members beyond the standard that the caller asked its dialect for, still as the server wrote them. */
  readonly extra?: Readonly<Record<string, string>>;
};

/** An error that the server named, in the words of RFC 6749 section 5.2 and RFC 8628 section 3.5. */
export type NamedError = { readonly kind: 'error'; readonly error: string; readonly description?: string };

/** An answer that says nothing about the grant: to be treated like a broken connection. */
export type NoAnswer = { readonly kind: 'trouble'; readonly reason: string };

export type Dialect = {
  readonly name: string;
  /** Absent where the server has no device flow. */
  readonly deviceAuthorizationUrl?: string;
  readonly tokenUrl: string;
  readonly revocationUrl?: string;
  /** Where a browser asks for a code (RFC 6749 section 3.1); absent where the server has no such flow. */
  readonly authorizationUrl?: string;
  /** What `iss` of an authorization response must be (RFC 9207), exactly. */
  readonly issuer?: string;
  /** The server has promised `iss` in every authorization response: one without it is not its answer. */
  readonly sendsIssuer?: boolean;
  /** With the scope `openid`, a code's grant holds an ID token that carries the nonce. */
  readonly sendsIdTokens?: boolean;
  /** How it signs them, in the names of RFC 7518; RS256 where nothing is said. */
  readonly idTokenAlgorithms?: readonly string[];
  /** `grant_type` of the polling request. */
  readonly pollGrantType: string;
  /** Used when the server gives no interval; RFC 8628 says 5 s. */
  readonly defaultIntervalMs: number;
  readonly minimumIntervalMs: number;
  deviceParameters(request: { scope: string; codeChallenge: string; state: string }): Record<string, string>;
  pollParameters(login: {
    deviceCode: string;
    userCode: string;
    codeVerifier: string;
  }): Record<string, string>;
  readDeviceAnswer(answer: ServerAnswer, sent: { state: string }): DeviceOffer | NamedError | NoAnswer;
  readTokenAnswer(answer: ServerAnswer): TokenAnswer | NamedError | NoAnswer;
};
