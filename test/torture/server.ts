// What the torture needs of an authorization server, whichever it is.

export type TokenPair = { readonly access: string; readonly refresh: string };

export type TortureServer = {
  readonly name: string;
  readonly provider: string;
  /** Where requests of the token endpoint go behind the door: an origin. */
  readonly tokenOrigin: string;
  /** A new login by the server's own flow: a family of its own. */
  logIn(): Promise<TokenPair>;
  /** The credential to save for a pair that was just given. */
  credential(pair: TokenPair): import('../../src/plugin-sdk/credential.ts').OAuthCredential;
  /** openclaw.json for programs that are to reach the token endpoint at `doorUrl`. */
  config(doorUrl: string): unknown;
  /** How a worker asks whether an access token is good, with the path after the lease's base URL. */
  readonly probe: 'messages' | 'userinfo';
  /** The server's own count of spent refresh tokens that were presented. */
  reuses(): number;
  /** Rules of its protocol that its client has broken, the reuse left out. */
  brokenRules(): readonly string[];
  stop(): Promise<void>;
};
