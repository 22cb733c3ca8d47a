// MiniMax's servers for one region, on loopback: the account host, the API host, and a control API to watch and
// disturb them. This file only puts the parts together. It imports nothing of the program it is played against, so
// that both read the protocol for themselves.
import { createAccountServer } from './account-server.ts';
import { createApiServer } from './api-server.ts';
import { createSystemClock } from './clock.ts';
import type { SimulatorClock } from './clock.ts';
import { createControlRoutes } from './control-server.ts';
import { createControl } from './control.ts';
import type { SimulatorControl } from './control.ts';
import { createListener } from './listener.ts';
import { createPortal } from './portal-state.ts';
import type { Addresses } from './portal-state.ts';
import type { SettingsPatch } from './settings.ts';
import type { Region } from './token-families.ts';

const ACCOUNT_BODY_LIMIT_BYTES = 64 * 1024;
const API_BODY_LIMIT_BYTES = 32 * 1024 * 1024;

export type SimulatorOptions = SettingsPatch & {
  region?: Region | undefined;
  clock?: SimulatorClock | undefined;
};

export interface Simulator {
  /** Ports default to 0, any free one. A simulator that was stopped may be started again and remembers everything. */
  start(ports?: { account?: number; api?: number }): Promise<Addresses>;
  /** Ends every connection, hanging ones included. */
  stop(): Promise<void>;
  readonly control: SimulatorControl;
}

/** @throws ZodError when an option is not acceptable. */
export function createSimulator(options: SimulatorOptions = {}): Simulator {
  const { region = 'global', clock = createSystemClock(), ...settings } = options;
  const portal = createPortal({ region, clock, settings });
  const control = createControl(portal);
  const controlRoutes = createControlRoutes(control, () => portal.addresses().accountUrl);
  const account = createListener({
    name: 'account',
    portal,
    app: createAccountServer(portal, controlRoutes),
    bodyLimitBytes: ACCOUNT_BODY_LIMIT_BYTES,
  });
  const api = createListener({
    name: 'api',
    portal,
    app: createApiServer(portal),
    bodyLimitBytes: API_BODY_LIMIT_BYTES,
  });

  return {
    control,
    async start(ports = {}) {
      const accountPort = await account.open(ports.account ?? 0);
      let apiPort: number;
      try {
        apiPort = await api.open(ports.api ?? 0);
      } catch (error) {
        await account.close();
        throw error;
      }
      portal.setAddresses({
        accountUrl: `http://127.0.0.1:${accountPort}`,
        apiUrl: `http://127.0.0.1:${apiPort}`,
      });
      return portal.addresses();
    },
    async stop() {
      await Promise.all([account.close(), api.close()]);
    },
  };
}
