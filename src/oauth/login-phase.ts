// Where a login stands, as a person sees it: the words that terminal and page share. Who moves it is the flow and, from
// the approval on, whoever saves the login.

/** While nobody has decided yet. `remainingMs` at the moment of the change. */
export type DeviceFlowState =
  | { readonly kind: 'waiting'; readonly remainingMs: number }
  | { readonly kind: 'slowed'; readonly remainingMs: number; readonly intervalMs: number }
  | {
      readonly kind: 'trouble';
      readonly remainingMs: number;
      readonly reason: string;
      readonly retryInMs: number;
    };

/** Before there is a code: the request for one met trouble and is repeated. */
export type DeviceStartState = {
  readonly kind: 'starting';
  readonly reason: string;
  readonly retryInMs: number;
};

/** How it ended. Texts of servers are cleaned. */
export type LoginEnd =
  | { readonly kind: 'saved'; readonly profileId: string }
  /** `command` begins it again. */
  | { readonly kind: 'denied'; readonly command?: string }
  | { readonly kind: 'expired'; readonly command?: string }
  /** Stopped by the person who started it. */
  | { readonly kind: 'cancelled'; readonly command?: string }
  | { readonly kind: 'failed'; readonly message: string; readonly remedy: string };

export type LoginPhase = DeviceFlowState | { readonly kind: 'checking' } | LoginEnd;

export function isLoginEnd(phase: LoginPhase): phase is LoginEnd {
  return ['saved', 'denied', 'expired', 'cancelled', 'failed'].includes(phase.kind);
}

/** What the page of a device login is about. */
export type LoginSubject = {
  /** `MiniMax`. */
  readonly providerLabel: string;
  /** `Global`. */
  readonly regionLabel: string;
  /** `account.minimax.io`. */
  readonly host: string;
  /** As the server wrote it: never reformatted. */
  readonly userCode: string;
  readonly verificationUrl: string;
  /** False: shown as text, neither linked nor opened. */
  readonly trusted: boolean;
  readonly expiresInMs: number;
};
