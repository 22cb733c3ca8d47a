// What is written down while a login is tortured: by the server's door, by the supervisor, and (leases only) by the
// workers themselves. Tokens appear as short hashes. What it all means is decided in the ledger.

/** How a request ended for the one who sent it. `abandoned`: the sender had left, and nothing was sent. */
export type RequestEnd = 'answered' | 'failed' | 'reset' | 'abandoned';

export type TortureEvent = { readonly atMs: number } & (
  | { readonly kind: 'spawned'; readonly pid: number }
  /**
   * `stored`, `intended` (an intent of this process is in the store) and `dead` are from the store after the death;
   * `atMs` is the moment of the kill.
   */
  | {
      readonly kind: 'killed';
      readonly pid: number;
      /** When the system had let go of it, and of its locks, at the latest. */
      readonly goneAtMs: number;
      readonly aimed: boolean;
      readonly stored: string;
      readonly intended: boolean;
      readonly dead: boolean;
    }
  /** A process ended that nobody had killed. */
  | { readonly kind: 'exited'; readonly pid: number; readonly detail: string }
  /** `holds`: it kept a lock of the store while it was stopped. */
  | { readonly kind: 'stopped'; readonly pid: number; readonly untilMs: number; readonly holds: boolean }
  | { readonly kind: 'clock'; readonly pid: number; readonly offsetMs: number }
  /** A new login was given at `atMs` and saved by `savedAtMs`. */
  | { readonly kind: 'login'; readonly savedAtMs: number; readonly access: string; readonly refresh: string }
  | { readonly kind: 'arrived'; readonly request: string; readonly pid: number; readonly refresh: string }
  | {
      readonly kind: 'processed';
      readonly request: string;
      readonly result: { readonly access: string; readonly refresh: string } | 'refused' | 'other';
    }
  /** `atMs` is just before the first byte is handed to the system. */
  | {
      readonly kind: 'ended';
      readonly request: string;
      readonly how: RequestEnd;
      readonly retryAfterMs?: number;
    }
  /** The server was made to hang, to fail or to be late, from `atMs` on. */
  | { readonly kind: 'fault'; readonly name: string; readonly untilMs: number }
  /** What the supervisor found in the store. */
  | {
      readonly kind: 'stored';
      readonly generation: number;
      readonly access: string;
      readonly refresh: string;
      readonly dead?: string;
    }
  | {
      readonly kind: 'leased';
      readonly pid: number;
      readonly startedAtMs: number;
      readonly access: string;
      readonly generation: number;
    }
  | {
      readonly kind: 'lease_failed';
      readonly pid: number;
      readonly startedAtMs: number;
      readonly code: string;
      readonly message: string;
    }
  /** After the disturbances: whether this process could refresh, lease and use the token. */
  | { readonly kind: 'finished'; readonly pid: number; readonly ok: boolean; readonly detail: string }
  /** How much later than asked for the supervisor's own timers came: how busy this machine was. */
  | { readonly kind: 'machine'; readonly lateMs: number }
  /** How many reuses the server itself counted, and rules of its protocol that were broken otherwise. */
  | { readonly kind: 'server_count'; readonly reuses: number; readonly broken: readonly string[] }
);

export type EventOf<Kind extends TortureEvent['kind']> = Extract<TortureEvent, { kind: Kind }>;
