// The keys of the configuration and the environment that are lent beside the logins, each with a number of its own: so that
// what becomes of the requests of a former key says nothing of the one in its place. Which keys there are is the
// configuration's matter, which of them or of the logins serves is the resolver's.
import { createKeyCandidate, type Candidate, type KeyProvider } from './candidates.ts';
import type { Lease, LeaseOutcome } from './lease.ts';
import type { ProfileUse, ProfileUses, Trial } from './profile-use.ts';

export type KeysInUse = {
  /** By provider; another map after each reading. */
  candidates(): ReadonlyMap<string, Candidate>;
  /** What was known of a key is void when another one has its place. */
  read(): void;
  /** The key that has come into the place of the one, or of the login, of this lease; undefined: there is none. */
  insteadOf(lease: Lease): Candidate | undefined;
  /** A new process does not know whether a key is the one that was refused before it began. */
  forgetRefusals(): void;
};

export type KeysInUseDeps = {
  keyProviders: () => readonly KeyProvider[];
  uses: ProfileUses;
  /** A login has the key's name, and with it its place. */
  isTaken: (profileId: string) => boolean;
  onReport: (use: ProfileUse, model: string, outcome: LeaseOutcome, trial: Trial | undefined) => void;
};

type NumberedKey = { readonly key: KeyProvider; readonly generation: number };

export function createKeysInUse({ keyProviders, uses, isTaken, onReport }: KeysInUseDeps): KeysInUse {
  /** Those that are gone too: they may come back. */
  const numbered = new Map<string, NumberedKey>();
  let candidates: ReadonlyMap<string, Candidate> = new Map();

  function isPresent({ provider }: KeyProvider, generation: number): boolean {
    return candidates.has(provider) && numbered.get(provider)?.generation === generation;
  }

  function toCandidate(key: KeyProvider): Candidate {
    const former = numbered.get(key.provider);
    const isSame = former === undefined || isSameKey(former.key, key);
    // 0, -1, -2 …: never a login's.
    const generation = (former?.generation ?? 0) - (isSame ? 0 : 1);
    numbered.set(key.provider, { key, generation });
    const candidate = createKeyCandidate(key, generation, uses, (use, model, outcome, trial) => {
      if (isPresent(key, generation) && !isTaken(use.profileId)) onReport(use, model, outcome, trial);
      else uses.released(use, trial);
    });
    if (!isSame) uses.forgetBefore(candidate.use, Infinity);
    return candidate;
  }

  return {
    candidates: () => candidates,
    read() {
      candidates = new Map(keyProviders().map((key) => [key.provider, toCandidate(key)]));
    },
    insteadOf({ provider, profileId, generation }) {
      const candidate = candidates.get(provider);
      const isOther =
        candidate?.use.profileId === profileId && numbered.get(provider)?.generation !== generation;
      return isOther ? candidate : undefined;
    },
    forgetRefusals() {
      for (const { use } of candidates.values()) {
        if (!isTaken(use.profileId)) uses.forgetBefore(use, Infinity, 'auth');
      }
    },
  };
}

function isSameKey(a: KeyProvider, b: KeyProvider): boolean {
  return a.baseUrl === b.baseUrl && JSON.stringify(a.headers) === JSON.stringify(b.headers);
}
