// What a check is and what it is given: the parts of the program as ports, each read once for all checks. A port that
// fails rejects for every check that asks it, and one of them tells why.
import type { App } from '../../app.ts';
import type { ObservedRecord } from '../../auth/running-refresh.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Paths } from '../../config/paths.ts';
import { isOpenClawError, type OpenClawError } from '../../errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Env } from '../../platform/env.ts';
import type { Fetch } from '../../platform/fetch.ts';
import type { Installation } from '../../platform/installation.ts';
import type { Keychain } from '../../platform/keychain.ts';
import type { PluginHost } from '../../plugins/host.ts';
import type { ModelCatalogue } from '../../providers/catalogue.ts';
import type { ActivitySnapshot } from '../../store/activity-store.ts';
import type { CredentialStore, KeyRecord } from '../../store/credential-store.ts';
import type { Health } from '../gateway-probe.ts';
import type { Found } from '../gateway-record.ts';
import type { Finding } from './finding.ts';
import type { PortStanding } from './port-standing.ts';

/** How the key of the store is; `none`: there is no store yet. */
export type KeyStanding =
  | { readonly kind: 'none' }
  | { readonly kind: 'opened'; readonly record: KeyRecord }
  | { readonly kind: 'closed'; readonly record: KeyRecord | undefined; readonly error: OpenClawError };

/** The gateway of the state folder; `health` is there when one runs. */
export type GatewayStanding = Found & { readonly health?: Health | 'silent' | 'other' };

/** Why a plugin that loads brings no models of one of its providers. */
export type ProviderTrouble = { readonly pluginId: string; readonly error: OpenClawError };

export type DoctorPorts = {
  readonly app: App;
  readonly paths: Paths;
  readonly installation: Installation;
  /** Of the process. */
  readonly processEnv: Env;
  /** With `.env` and the `env` block, where the configuration loads. */
  readonly env: Env;
  readonly homeDir: string;
  readonly platform: NodeJS.Platform;
  /** undefined where files have no owners. */
  readonly userId: number | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly config: LoadedConfig | OpenClawError;
  readonly store: CredentialStore;
  readonly keychain: Keychain;
  readonly fetch: Fetch;
  /** undefined while the configuration does not load. */
  readonly plugins: PluginHost | undefined;
  /** Of all logins; rejects as the store does. */
  readonly logins: () => Promise<readonly ObservedRecord[]>;
  /** Never rejects. */
  readonly key: () => Promise<KeyStanding>;
  /** Throws as the activity file does. */
  readonly activity: () => ActivitySnapshot;
  /** Loads the code of the plugins that are enabled. */
  readonly catalogue: () => Promise<ModelCatalogue>;
  /** By provider id; loads the same code. */
  readonly providerTroubles: () => Promise<ReadonlyMap<string, ProviderTrouble>>;
  /** Rejects as the files of the gateway do. */
  readonly gateway: () => Promise<GatewayStanding>;
  /** The port of the settings; whoever asks knows that no gateway of the folder has it. Never rejects. */
  readonly port: () => Promise<PortStanding>;
};

export type Check = {
  /** In words, for the progress and for a check that failed itself: `the keychain`. */
  readonly name: string;
  /** 3.5 s without it. */
  readonly deadlineMs?: number;
  run(ports: DoctorPorts): Promise<readonly Finding[]> | readonly Finding[];
};

/** What is wrong with the gateway's files is told by a check of its own; to the others none is to be seen then. */
export async function standingOf({ gateway }: DoctorPorts): Promise<GatewayStanding> {
  try {
    return await gateway();
  } catch (error) {
    if (isOpenClawError(error)) return {};
    throw error;
  }
}
