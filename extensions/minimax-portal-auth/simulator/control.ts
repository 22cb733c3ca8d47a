// What a test may ask of the portal behind its client's back, as plain functions. Decides what each verb does; the
// same verbs over HTTP are in control-server.ts.
import { faultSchema } from './faults.ts';
import type { Fault, FaultRequest } from './faults.ts';
import type { CounterName, RecordedRequest, Violation } from './journal.ts';
import type { Portal } from './portal-state.ts';
import type { Settings, SettingsPatch } from './settings.ts';
import type { Region } from './token-families.ts';

export interface SimulatorState {
  readonly region: Region;
  readonly counters: Record<CounterName, number>;
  readonly violations: Violation[];
  readonly pending: Array<{
    readonly user_code: string;
    readonly client: string;
    readonly expiresAtMs: number;
  }>;
  readonly liveFamilies: number;
  readonly waitingFaults: number;
}

/** A verb that cannot be carried out; the message says why. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

export interface SimulatorControl {
  state(): SimulatorState;
  /** The last 200, oldest first, without the control API's own. */
  requests(): RecordedRequest[];
  issuedTokens(): { access: string[]; refresh: string[] };
  /** Each throws ControlError for a code that is unknown or no longer pending. */
  approve(userCode: string): void;
  deny(userCode: string): void;
  expire(userCode: string): void;
  /** Each returns how many it touched. */
  expireAccess(): number;
  revokeAccess(): number;
  revokeFamily(): number;
  /** Forgets counters, violations and requests; logins, tokens, faults and settings stay. */
  reset(): void;
  /** @throws ZodError */
  addFault(fault: FaultRequest): void;
  faults(): Fault[];
  clearFaults(): void;
  settings(): Settings;
  /** @throws ZodError */
  set(patch: SettingsPatch): Settings;
}

export function createControl(portal: Portal): SimulatorControl {
  const { journal, logins, families, faults, clock } = portal;

  function decide(userCode: string, decision: 'approved' | 'denied' | 'expired'): void {
    const before = logins.decide(userCode, decision, clock.nowMs());
    if (before === undefined) throw new ControlError('no login has this user_code');
    const isTaken = before === 'pending' || (before === 'approved' && decision === 'expired');
    if (!isTaken) throw new ControlError(`this login is already ${before}`);
  }

  return {
    state: () => ({
      region: portal.region,
      counters: journal.counters(),
      violations: journal.violations(),
      pending: logins.pendingCodes(clock.nowMs()).map((userCode) => ({
        user_code: userCode,
        client: logins.find(userCode)?.client.name ?? '',
        expiresAtMs: logins.find(userCode)?.expiresAtMs ?? 0,
      })),
      liveFamilies: families.liveFamilies(),
      waitingFaults: faults.waiting().length,
    }),
    requests: () => journal.requests(),
    issuedTokens: () => families.issuedTokens(),
    approve: (userCode) => decide(userCode, 'approved'),
    deny: (userCode) => decide(userCode, 'denied'),
    expire: (userCode) => decide(userCode, 'expired'),
    expireAccess: () => families.expireAllAccess(clock.nowMs()),
    revokeAccess: () => families.revokeAllAccess(),
    revokeFamily: () => families.revokeAllFamilies(),
    reset: () => journal.reset(),
    addFault: (fault) => faults.add(faultSchema.parse(fault)),
    faults: () => faults.waiting(),
    clearFaults: () => faults.clear(),
    settings: () => portal.settings(),
    set: (patch) => portal.change(patch),
  };
}
