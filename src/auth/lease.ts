// What the resolver hands to the gateway for one attempt of one request.

export type LeaseOutcome =
  | { kind: 'ok' }
  /** The upstream refused the token (401, or a body that says so). */
  | { kind: 'auth'; detail: string }
  /** Anything else that failed; the name of its class. */
  | { kind: 'failed'; reason: string };

export type Lease = {
  readonly profileId: string;
  readonly provider: string;
  /** Origin and path of the upstream API, without a trailing slash: `https://api.minimax.io/anthropic`. */
  readonly baseUrl: string;
  /** Complete authentication headers, lower-case names. One object a credential, built once. */
  readonly headers: Readonly<Record<string, string>>;
  /** Generation of the credential behind it. */
  readonly generation: number;
  /** Tells how the attempt went. Cheap, never throws, does no I/O before it returns. */
  report(outcome: LeaseOutcome): void;
};

export type LeaseOptions = {
  signal?: AbortSignal;
  /** The lease whose token the upstream has just refused: answers with a newer token, refreshing if none is stored. */
  rejected?: Lease;
};

export type Resolver = {
  /**
   * A usable login for the provider. Answers from memory, synchronously, while an access token is valid; a Promise
   * only when a refresh has to be waited for.
   * Errors (thrown or rejected): NO_PROFILE, LOGIN_DEAD, REFRESH_FAILED, those of the store and the key.
   */
  lease(provider: string, model: string, options?: LeaseOptions): Lease | Promise<Lease>;
};
