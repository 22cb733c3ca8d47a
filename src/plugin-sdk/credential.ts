// What a login is, in the words that host and extension share. Secrets are plain strings here because the contract
// of OpenClaw's plugins has them so; inside the host they live sealed in the store and in memory only.

export type OAuthCredential = {
  type: 'oauth';
  /** Provider id, `minimax-portal`. */
  provider: string;
  access: string;
  /** Empty when the server gave none: the login then ends with its access token. */
  refresh: string;
  /** When the access token expires, milliseconds since the Unix epoch by the local clock. */
  expires: number;
  /** When the access token was received, milliseconds since the Unix epoch by the local clock. */
  issuedAt?: number;
  /** Which of the provider's regions issued it: refresh and requests go there and nowhere else. */
  region?: string;
  /** Where the token is good, origin and path, already checked against the provider's hosts. */
  baseUrl?: string;
  clientId?: string;
  dialect?: string;
  /** The server that granted it, where that is one of its own: refresh and revocation go to no other. */
  issuer?: string;
  scope?: string;
  email?: string;
  accountId?: string;
};

export type ApiKeyCredential = { type: 'api_key'; provider: string; key: string; region?: string };

export type TokenCredential = {
  type: 'token';
  provider: string;
  token: string;
  expires?: number;
  region?: string;
};

export type Credential = OAuthCredential | ApiKeyCredential | TokenCredential;
