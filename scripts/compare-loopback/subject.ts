// What the probes know of a program that logs in: how its listener is reached, what its authorization server has seen,
// and whether the login goes on. How each program is started stands in its own file.

/** One login that waits for its callback. */
export type Login = {
  readonly pid: number;
  /** What a browser would be sent to. */
  readonly authorizationUrl: URL;
  /** Token requests that the authorization server has seen of this login; it answers each a second late. */
  tokenRequests(): Promise<number>;
  isRunning(): boolean;
  /** The last lines that the program wrote, for the run's own errors. */
  output(): string;
  stop(): Promise<void>;
};

export type Subject = {
  readonly name: string;
  readonly version: string;
  /** `iss` of its authorization responses (RFC 9207), where its server sends one. */
  readonly issuer?: string;
  start(): Promise<Login>;
  /** A code that the authorization server takes, for this login. */
  goodCode(login: Login): Promise<string>;
  /** The next code is refused in these words, where the server would otherwise say something else. */
  refuseNext(description: string): void;
  close(): Promise<void>;
};

/** What refusals hold, to see whether a page repeats it. */
export const markup = '<script>alert(1)</script>';

/** How long the authorization servers of all subjects keep a token request waiting, milliseconds. */
export const exchangeDelayMs = 1_000;
