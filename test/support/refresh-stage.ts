// A refresh engine on a real store, with a clock that a test moves and a server that rotates: each refresh token is good
// once, a second use is invalid_grant.
import { createRefreshEngine, type RefreshEngine } from '../../src/auth/refresh.ts';
import { OpenClawError } from '../../src/errors.ts';
import type { Log, LogFields } from '../../src/platform/log.ts';
import type { OAuthCredential } from '../../src/plugin-sdk/credential.ts';
import type { CredentialStore } from '../../src/store/credential-store.ts';
import { oauthCredential } from './credentials.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { createFakeKeychain } from './fake-keychain.ts';
import { createFakeRandom } from './fake-random.ts';
import { openTestStore } from './open-test-store.ts';
import { tempFolder } from './temp-folder.ts';

export const profileId = 'minimax-portal:default';

export const dead = (): OpenClawError =>
  new OpenClawError({
    code: 'LOGIN_DEAD',
    message: 'account.minimax.io no longer accepts this login (invalid_grant).',
  });

export const outage = (data: Record<string, number | boolean> = {}): OpenClawError =>
  new OpenClawError({ code: 'REFRESH_FAILED', message: 'HTTP 503', data });

type Exchange = (credential: OAuthCredential) => Promise<OAuthCredential>;

export type RefreshStage = {
  stateDir: string;
  store: CredentialStore;
  clock: FakeClock;
  /** The refresh tokens that were sent, in order. */
  sent: string[];
  logged: { event: string; fields: LogFields | undefined }[];
  /** What the server answers; at first it rotates. */
  answer: { exchange: Exchange };
  engine: RefreshEngine;
  /** Another process: a connection and an engine of its own. */
  other(): { store: CredentialStore; engine: RefreshEngine };
  engineOver(store: CredentialStore): RefreshEngine;
};

export async function stageRefresh(): Promise<RefreshStage> {
  const stateDir = tempFolder();
  const keychain = createFakeKeychain();
  const clock = createFakeClock();
  const open = (): CredentialStore => openTestStore({ stateDir, keychain, clock });
  const store = open();
  await store.saveLogin(profileId, oauthCredential({ access: 'access-1', refresh: 'refresh-1' }));
  const sent: string[] = [];
  let issued = 1;
  const rotate: Exchange = (credential) => {
    if (credential.refresh !== `refresh-${issued}`) return Promise.reject(dead());
    issued += 1;
    return Promise.resolve({ ...credential, access: `access-${issued}`, refresh: `refresh-${issued}` });
  };
  const logged: RefreshStage['logged'] = [];
  const note = (event: string, fields?: LogFields): void => void logged.push({ event, fields });
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const answer = { exchange: rotate };
  const engineOver = (over: CredentialStore): RefreshEngine =>
    createRefreshEngine({
      store: over,
      exchange: (credential) => {
        sent.push(credential.refresh);
        return answer.exchange(credential);
      },
      clock,
      random: createFakeRandom(0),
      log,
    });
  return {
    stateDir,
    store,
    clock,
    sent,
    logged,
    answer,
    engine: engineOver(store),
    engineOver,
    other() {
      const own = open();
      return { store: own, engine: engineOver(own) };
    },
  };
}

/** Moves the clock for as long as it takes, so that I/O between two timers may take any number of turns. */
export async function settle<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  const progress = { done: false };
  work.finally(() => (progress.done = true)).catch(() => undefined);
  while (!progress.done) await clock.advance(10);
  return work;
}
