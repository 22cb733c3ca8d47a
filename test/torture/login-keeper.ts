// Watches the store as another program would, writes down each generation that it sees, and logs in anew when the
// login is dead: the person's part.
import type { CredentialStore } from '../../src/store/credential-store.ts';
import { tokenHash } from './door.ts';
import type { TortureEvent } from './events.ts';
import type { TortureServer } from './server.ts';
import { timelineMs } from './timeline.ts';

export type LoginKeeper = {
  /** Logs in for the first time, and keeps watch from then on. */
  start(): Promise<void>;
  /** Resolves when a dead login has been replaced; at once when it is not dead. */
  loggedInAgain(): Promise<void>;
  stop(): void;
};

const lookEachMs = 8;

export function createLoginKeeper(deps: {
  readonly store: CredentialStore;
  readonly server: TortureServer;
  readonly profileId: string;
  readonly record: (event: TortureEvent) => void;
  /** What has to be written down before the store changes. */
  readonly beforeLogin: () => Promise<void> | undefined;
}): LoginKeeper {
  const { store, server, profileId, record } = deps;
  let seenCounter = Number.NaN;
  let seen = '';
  let looking: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  async function logIn(): Promise<void> {
    await deps.beforeLogin();
    const pair = await server.logIn();
    const atMs = timelineMs();
    await store.saveLogin(profileId, server.credential(pair));
    const hashes = { access: tokenHash(pair.access), refresh: tokenHash(pair.refresh) };
    record({ kind: 'login', atMs, savedAtMs: timelineMs(), ...hashes });
  }

  async function look(): Promise<void> {
    const counter = store.changeCounter();
    if (counter === seenCounter) return;
    const found = await store.readProfile(profileId);
    seenCounter = counter;
    if (found?.credential.type !== 'oauth') return;
    const { record: profile, credential } = found;
    const dead = profile.dead?.reason;
    const mark = `${profile.generation} ${dead ?? ''}`;
    if (mark !== seen) {
      seen = mark;
      record({
        kind: 'stored',
        atMs: timelineMs(),
        generation: profile.generation,
        access: tokenHash(credential.access),
        refresh: tokenHash(credential.refresh),
        ...(dead === undefined ? {} : { dead }),
      });
    }
    if (dead !== undefined) await logIn();
  }

  const lookNow = (): Promise<void> => (looking ??= look().finally(() => (looking = undefined)));

  async function watch(): Promise<void> {
    try {
      await lookNow();
    } catch (error) {
      const detail = `supervisor: ${String(error)}`;
      record({ kind: 'exited', atMs: timelineMs(), pid: process.pid, detail });
    }
    if (!isStopped) timer = setTimeout(() => void watch(), lookEachMs);
  }

  return {
    async start() {
      await logIn();
      await watch();
    },
    async loggedInAgain() {
      // Twice, as one that is under way may have begun before the login died.
      await lookNow();
      await lookNow();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
