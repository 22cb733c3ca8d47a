// The listener of one login on this machine's loopback address: the page that leads a device login, and the redirect of
// an authorization request (RFC 8252 section 7.3). What the page says is login-page.ts', what a callback must be is
// callback.ts'.
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import type { LoginPhase, LoginSubject } from './login-phase.ts';

export type LoopbackServer = {
  /** `http://127.0.0.1:41234`, or `http://[::1]:41234` where there is no IPv4. */
  readonly origin: string;
  /** Serves the page of a device login and resolves with its address, which holds 128 random bits. */
  servePage(subject: LoginSubject): string;
  /** What page and held callback say from now on; the first end stays. */
  setPhase(phase: LoginPhase): void;
  /**
   * Shows open pages the end, answers the held callback with it, and listens no more. `cancelled` is shown to those who
   * hold a connection; nobody is waited for.
   */
  close(): Promise<void>;
};

export type LoopbackServerDeps = { clock: Clock; random: Random };
