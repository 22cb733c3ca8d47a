// The state machine of device logins: opened, then approved, denied or expired, and granted exactly once. Decides
// what a poll finds and whether it came too fast (RFC 8628 section 3.5); the JSON of the answer and the tokens are
// made elsewhere.
import { randomInt } from 'node:crypto';
import { verifierMatches } from './clients.ts';
import type { PortalClient } from './clients.ts';

const SLOW_DOWN_STEP_MS = 5000;
const USER_CODE_ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

export type DeviceLoginState = 'pending' | 'approved' | 'denied' | 'expired' | 'granted';

export interface DeviceLogin {
  readonly userCode: string;
  readonly client: PortalClient;
  readonly scope: string;
  readonly challenge: string;
  readonly openedAtMs: number;
  readonly expiresAtMs: number;
  readonly intervalMs: number;
}

export interface OpenDeviceLogin {
  readonly client: PortalClient;
  readonly scope: string;
  readonly challenge: string;
  readonly ttlMs: number;
  readonly intervalMs: number;
  readonly autoApproveMs: number | null;
}

export interface DevicePoll {
  readonly userCode: string;
  readonly clientId: string;
  readonly verifier: string;
  /** When the request reached the server; processing may come later. */
  readonly arrivedAtMs: number;
  readonly toleranceMs: number;
}

export type PollOutcome =
  | { readonly kind: 'unknown' | 'wrong_client' | 'wrong_verifier' | 'already_granted' }
  | { readonly kind: 'pending' | 'denied' | 'expired' }
  | { readonly kind: 'slow_down'; readonly earlyMs: number }
  | { readonly kind: 'granted'; readonly login: DeviceLogin };

export interface DeviceLogins {
  open(request: OpenDeviceLogin, nowMs: number): DeviceLogin;
  find(userCode: string): DeviceLogin | undefined;
  stateOf(userCode: string, nowMs: number): DeviceLoginState | undefined;
  /** The state before the decision; it takes effect only when that was `pending`. Undefined for an unknown code. */
  decide(
    userCode: string,
    decision: 'approved' | 'denied' | 'expired',
    nowMs: number,
  ): DeviceLoginState | undefined;
  poll(poll: DevicePoll, nowMs: number): PollOutcome;
  pendingCodes(nowMs: number): string[];
}

interface LoginEntry {
  readonly login: DeviceLogin;
  readonly autoApproveAtMs: number | null;
  decided: DeviceLoginState | null;
  requiredIntervalMs: number;
  lastPollAtMs: number | null;
}

function randomUserCode(): string {
  const letters = Array.from({ length: 8 }, () => USER_CODE_ALPHABET[randomInt(USER_CODE_ALPHABET.length)]);
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`;
}

function currentState(entry: LoginEntry, nowMs: number): DeviceLoginState {
  if (entry.decided === 'denied' || entry.decided === 'expired' || entry.decided === 'granted') {
    return entry.decided;
  }
  if (nowMs >= entry.login.expiresAtMs) return 'expired';
  if (entry.decided === 'approved') return 'approved';
  if (entry.autoApproveAtMs !== null && nowMs >= entry.autoApproveAtMs) return 'approved';
  return 'pending';
}

export function createDeviceLogins(): DeviceLogins {
  const entries = new Map<string, LoginEntry>();

  return {
    open(request, nowMs) {
      let userCode = randomUserCode();
      while (entries.has(userCode)) userCode = randomUserCode();
      const login: DeviceLogin = {
        userCode,
        client: request.client,
        scope: request.scope,
        challenge: request.challenge,
        openedAtMs: nowMs,
        expiresAtMs: nowMs + request.ttlMs,
        intervalMs: request.intervalMs,
      };
      entries.set(userCode, {
        login,
        autoApproveAtMs: request.autoApproveMs === null ? null : nowMs + request.autoApproveMs,
        decided: null,
        requiredIntervalMs: request.intervalMs,
        lastPollAtMs: null,
      });
      return login;
    },
    find: (userCode) => entries.get(userCode)?.login,
    stateOf(userCode, nowMs) {
      const entry = entries.get(userCode);
      return entry === undefined ? undefined : currentState(entry, nowMs);
    },
    decide(userCode, decision, nowMs) {
      const entry = entries.get(userCode);
      if (entry === undefined) return undefined;
      const before = currentState(entry, nowMs);
      // An approval can still run out of time before it is fetched, so `expired` also overtakes `approved`.
      if (before === 'pending' || (before === 'approved' && decision === 'expired')) entry.decided = decision;
      return before;
    },
    poll(poll, nowMs) {
      const entry = entries.get(poll.userCode);
      if (entry === undefined) return { kind: 'unknown' };
      if (entry.login.client.id !== poll.clientId) return { kind: 'wrong_client' };
      if (!verifierMatches(poll.verifier, entry.login.challenge)) return { kind: 'wrong_verifier' };

      const sinceLastMs =
        entry.lastPollAtMs === null ? Number.POSITIVE_INFINITY : poll.arrivedAtMs - entry.lastPollAtMs;
      entry.lastPollAtMs = poll.arrivedAtMs;
      if (sinceLastMs < entry.requiredIntervalMs - poll.toleranceMs) {
        const earlyMs = entry.requiredIntervalMs - sinceLastMs;
        entry.requiredIntervalMs += SLOW_DOWN_STEP_MS;
        return { kind: 'slow_down', earlyMs };
      }

      const state = currentState(entry, nowMs);
      if (state === 'approved') {
        entry.decided = 'granted';
        return { kind: 'granted', login: entry.login };
      }
      return { kind: state === 'granted' ? 'already_granted' : state };
    },
    pendingCodes: (nowMs) =>
      [...entries.values()]
        .filter((entry) => currentState(entry, nowMs) === 'pending')
        .map((entry) => entry.login.userCode),
  };
}
