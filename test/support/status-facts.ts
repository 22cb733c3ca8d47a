// What `auth status` has read, as a test wants it: one portal login that is well, and nothing else.
import type { StatusFacts } from '../../src/cli/login-status/collect.ts';
import { describeStatus } from '../../src/cli/login-status/describe.ts';
import { statusToJson } from '../../src/cli/login-status/json.ts';
import { describeInWords } from '../../src/cli/login-status/text.ts';
import { createStyle } from '../../src/cli/ui/style.ts';
import type { StoredCooldown } from '../../src/store/activity-store.ts';
import type { ProfileRecord } from '../../src/store/credential-store.ts';

export const nowMs = Date.UTC(2026, 4, 4, 12, 0, 0);
export const minute = 60_000;
export const hour = 60 * minute;

export function loginRecord(overrides: Partial<ProfileRecord> = {}): ProfileRecord {
  return {
    id: 'minimax-portal:default',
    provider: 'minimax-portal',
    type: 'oauth',
    region: 'global',
    generation: 2,
    createdAtMs: nowMs - 72 * hour,
    savedAtMs: nowMs - 8 * minute,
    issuedAtMs: nowMs - 8 * minute,
    expiresAtMs: nowMs + 52 * minute,
    refreshable: true,
    lastRefresh: { atMs: nowMs - 8 * minute, outcome: 'refreshed' },
    ...overrides,
  };
}

export function statusFacts(overrides: Partial<StatusFacts> = {}): StatusFacts {
  return {
    nowMs,
    stateDir: '/state',
    logins: [{ record: loginRecord(), isRefreshing: false }],
    keys: [],
    missingKeys: [],
    storage: { kind: 'keychain', keyId: 'k', createdAtMs: nowMs - 72 * hour },
    unwritable: undefined,
    missingKeyFile: undefined,
    activity: { cooldowns: [], uses: [], orders: new Map() },
    configOrder: {},
    idle: new Map(),
    primary: undefined,
    gateway: {
      pid: 47,
      version: '0.1.0',
      sinceMs: nowMs - hour,
      mode: 'background',
      state: 'ready',
      url: 'http://127.0.0.1:18789',
      port: 18_789,
      logFile: null,
      active: 0,
      restartsTried: 0,
      restartError: null,
    },
    isConfigBroken: false,
    troubles: [],
    ...overrides,
  };
}

export function cooldown(overrides: Partial<StoredCooldown> = {}): StoredCooldown {
  return {
    profileId: 'minimax-portal:default',
    model: '',
    reason: 'rate_limit',
    failures: 1,
    sinceMs: nowMs - minute,
    untilMs: nowMs + minute,
    ...overrides,
  };
}

/** As a person without colours reads it. */
export function statusWords(facts: StatusFacts, columns?: number): string {
  const page = { style: createStyle(false), columns, isUnicode: true };
  return describeInWords({ facts, report: describeStatus(facts) }, page).join('\n');
}

export function statusDocument(facts: StatusFacts): Record<string, unknown> {
  return statusToJson({ facts, report: describeStatus(facts) });
}
