// The portal's whole memory in one value: what both listeners and the control API read and change. Decides how an
// instant is written for a client (unit, skewed clock); every other decision belongs to the part it holds.
import { createAuthorizationCodes } from './authorization-codes.ts';
import type { AuthorizationCodes } from './authorization-codes.ts';
import type { SimulatorClock } from './clock.ts';
import { createDeviceLogins } from './device-logins.ts';
import type { DeviceLogins } from './device-logins.ts';
import { createFaults } from './faults.ts';
import type { Faults } from './faults.ts';
import { createJournal } from './journal.ts';
import type { Journal } from './journal.ts';
import { applySettings, DEFAULT_SETTINGS } from './settings.ts';
import type { Settings, SettingsPatch } from './settings.ts';
import { createTokenFamilies } from './token-families.ts';
import type { Region, TokenFamilies } from './token-families.ts';

const KEPT_REDIRECTS = 50;

export interface Addresses {
  readonly accountUrl: string;
  readonly apiUrl: string;
}

export interface Portal {
  readonly region: Region;
  readonly clock: SimulatorClock;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly logins: DeviceLogins;
  readonly families: TokenFamilies;
  readonly codes: AuthorizationCodes;
  settings(): Settings;
  /** @throws ZodError, and then nothing has changed. */
  change(patch: SettingsPatch): Settings;
  /** Known once both listeners are bound. */
  addresses(): Addresses;
  setAddresses(addresses: Addresses): void;
  /** The server's own clock, which may differ from the client's. */
  serverNowMs(): number;
  /** `expired_in` in the unit asked for; relative seconds are never rounded down to nothing. */
  writeExpiry(expiresAtMs: number, unit: Settings['expiryUnit']): number;
  /** Values that were in a body just answered with 307: a redirect that is followed carries them along. */
  rememberRedirected(values: readonly string[]): void;
  wasRedirected(value: string): boolean;
}

export function createPortal(deps: {
  region: Region;
  clock: SimulatorClock;
  settings: SettingsPatch;
}): Portal {
  const { region, clock } = deps;
  let settings = applySettings(DEFAULT_SETTINGS, deps.settings);
  let addresses: Addresses = { accountUrl: '', apiUrl: '' };
  let redirected: string[] = [];

  return {
    region,
    clock,
    journal: createJournal(clock),
    faults: createFaults(),
    logins: createDeviceLogins(),
    families: createTokenFamilies(region),
    codes: createAuthorizationCodes(),
    settings: () => settings,
    change(patch) {
      settings = applySettings(settings, patch);
      return settings;
    },
    addresses: () => addresses,
    setAddresses(next) {
      addresses = next;
    },
    serverNowMs: () => clock.nowMs() + settings.dateSkewMs,
    writeExpiry(expiresAtMs, unit) {
      if (unit === 'relative-s') return Math.max(1, Math.ceil((expiresAtMs - clock.nowMs()) / 1000));
      const serverMs = expiresAtMs + settings.dateSkewMs;
      return unit === 'epoch-s' ? Math.floor(serverMs / 1000) : serverMs;
    },
    rememberRedirected(values) {
      redirected = [...redirected, ...values].slice(-KEPT_REDIRECTS);
    },
    wasRedirected: (value) => redirected.includes(value),
  };
}
