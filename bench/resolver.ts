// What a lease costs on the way of a request: nanoseconds from memory, against a bare look-up in a Map.
import { createResolver } from '../src/auth/resolver.ts';
import { systemClock } from '../src/platform/clock.ts';
import { silentLog } from '../src/platform/log.ts';
import { systemRandom } from '../src/platform/random.ts';
import type { CredentialStore } from '../src/store/credential-store.ts';
import { median, type BenchEntry, type BenchOptions, type BenchTable } from './entry.ts';

export const resolverBench: BenchEntry = { name: 'resolver', run: measure };

const provider = 'minimax-portal';
const limitNs = 1_000;

async function measure(options: BenchOptions): Promise<BenchTable> {
  const resolver = createResolver({
    store: storeWithOneLogin(),
    engine: {
      refresh: () => Promise.reject(new Error('not due')),
      isPaused: () => false,
      bringBack: () => Promise.resolve(false),
      idle: () => Promise.resolve(),
      isUnsaved: () => false,
      hasUnsaved: () => false,
      close: () => undefined,
    },
    prepare: () => Promise.resolve({ apiKey: 'token', baseUrl: 'https://api.minimax.io/anthropic' }),
    explicitOrder: () => undefined,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  });
  await resolver.load();
  const map = new Map([[provider, { token: 'x' }]]);
  const rounds = options.quick ? 5 : 15;
  const lease = time(rounds, () => resolver.lease(provider, 'MiniMax-M3'));
  const lookUp = time(rounds, () => map.get(provider));
  return {
    title: 'resolver: one lease from memory',
    columns: ['what', 'ns', 'against the limit'],
    rows: [
      ['resolver.lease', lease.toFixed(0), `${(lease / limitNs).toFixed(2)} of ${limitNs} ns`],
      ['Map.get', lookUp.toFixed(0), ''],
    ],
  };
}

let kept: unknown;

/** Median over the rounds of the nanoseconds a call takes. */
function time(rounds: number, call: () => unknown): number {
  const calls = 1_000_000;
  const perCall: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const startedNs = process.hrtime.bigint();
    for (let index = 0; index < calls; index += 1) kept = call();
    // The first round warms up.
    if (round > 0) perCall.push(Number(process.hrtime.bigint() - startedNs) / calls);
  }
  if (kept === undefined) throw new Error('nothing was measured');
  return median(perCall);
}

function storeWithOneLogin(): CredentialStore {
  const nowMs = Date.now();
  const record = {
    id: `${provider}:default`,
    provider,
    type: 'oauth' as const,
    generation: 1,
    createdAtMs: nowMs,
    savedAtMs: nowMs,
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + 86_400_000,
    refreshable: true,
  };
  const credential = {
    type: 'oauth' as const,
    provider,
    access: 'a',
    refresh: 'r',
    expires: nowMs + 86_400_000,
  };
  const refuse = (): never => {
    throw new Error('not part of this bench');
  };
  return {
    listProfiles: () => Promise.resolve([record]),
    readRecord: () => Promise.resolve(record),
    readProfile: () => Promise.resolve({ record, credential }),
    changeCounter: () => 1,
    close: () => undefined,
    saveLogin: refuse,
    commitRefresh: refuse,
    replaceOlderCopy: refuse,
    recordIntent: refuse,
    recordTransient: refuse,
    markDead: refuse,
    deleteProfile: refuse,
    readSecret: refuse,
    createSecret: refuse,
    replaceSecret: refuse,
    deleteSecret: refuse,
    listSecrets: refuse,
    readKeyRecord: refuse,
    unlock: refuse,
    moveKey: refuse,
    prove: refuse,
    identity: refuse,
    setAside: refuse,
    lockAll: refuse,
    lock: refuse,
  };
}
