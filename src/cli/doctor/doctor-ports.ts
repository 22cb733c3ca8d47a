// Makes the ports of the checks from what a command is given. Each thing is read once; what cannot be read is an error
// that waits for whoever asks.
import { existsSync } from 'node:fs';
import { buildCatalogue, type App } from '../../app.ts';
import { observeRefresh } from '../../auth/running-refresh.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { isOpenClawError, toOpenClawError, type OpenClawError } from '../../errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { systemRandom } from '../../platform/random.ts';
import { createActivityStore } from '../../store/activity-store.ts';
import { openActivityDatabase } from '../../store/activity-database.ts';
import { createChildKeychain } from '../../vault/child-keychain.ts';
import { chooseKeychainDriver } from '../../vault/keychain-driver.ts';
import type { CommandContext } from '../command-context.ts';
import { probeGateway } from '../gateway-probe.ts';
import { findGateway, gatewayFiles } from '../gateway-record.ts';
import type { DoctorPorts, GatewayStanding, KeyStanding, ProviderTrouble } from './check.ts';
import { lookAtPort, type PortStanding } from './port-standing.ts';

/** A gateway writes for a moment, once a second at most. */
const busyWaitMs = 200;

export function createDoctorPorts(context: CommandContext, app: App): DoctorPorts {
  const { env, clock } = context;
  const config = readConfig(app);
  const loaded = isOpenClawError(config) ? undefined : config;
  const store = app.store();
  const once = <T>(read: () => T): (() => T) => {
    let value: { it: T } | undefined;
    return () => (value ??= { it: read() }).it;
  };
  const plugins = loaded === undefined ? undefined : once(() => app.plugins());
  return {
    app,
    paths: app.paths,
    installation: context.installation,
    processEnv: env,
    env: loaded?.env ?? env,
    homeDir: context.homeDir,
    platform: process.platform,
    userId: process.geteuid?.(),
    clock,
    signal: context.signal,
    config,
    store,
    fetch: app.fetch,
    keychain: createKeychain(context),
    get plugins() {
      return plugins?.();
    },
    logins: once(async () => {
      const records = await store.listProfiles();
      return Promise.all(records.map((record) => observeRefresh(store, record)));
    }),
    key: once(() => standingOf(store)),
    activity: once(() => {
      const database = openActivityDatabase(app.paths.stateDir, {
        mode: 'look',
        busyWaitMs,
        warn: () => undefined,
      });
      try {
        return createActivityStore(database).read();
      } finally {
        database.close();
      }
    }),
    catalogue: once(() => buildCatalogue(app, app.plugins())),
    providerTroubles: once(() => troublesOf(app)),
    gateway: once(() => gatewayOf(app)),
    port: once(() => portOf(config, clock)),
  };
}

function readConfig(app: App): LoadedConfig | OpenClawError {
  try {
    return app.config();
  } catch (error) {
    return toOpenClawError(error);
  }
}

/** As the catalogue asks them, which keeps to itself what they say. */
async function troublesOf(app: App): Promise<Map<string, ProviderTrouble>> {
  const { config, env } = app.config();
  const troubles = new Map<string, ProviderTrouble>();
  for (const { pluginId, provider } of await app.plugins().providers()) {
    try {
      await provider.catalog?.run({ config, env });
    } catch (error) {
      troubles.set(provider.id, { pluginId, error: toOpenClawError(error) });
    }
  }
  return troubles;
}

async function gatewayOf({ paths, clock }: App): Promise<GatewayStanding> {
  const files = gatewayFiles(paths.runDir);
  if (!existsSync(files.folder)) return {};
  const found = await findGateway(files, clock);
  if (found.running === undefined) return found;
  const { url } = found.running;
  return { ...found, health: url === null ? 'silent' : await probeGateway(url) };
}

async function portOf(config: LoadedConfig | OpenClawError, clock: Clock): Promise<PortStanding> {
  if (isOpenClawError(config)) return { kind: 'unknown', error: config };
  return lookAtPort(config, { platform: process.platform, userId: process.geteuid?.(), clock });
}

/** A driver that there is not is told by the call that would use it. */
function createKeychain(context: CommandContext): DoctorPorts['keychain'] {
  const { env, clock, installation } = context;
  const make = (): DoctorPorts['keychain'] =>
    createChildKeychain({
      env,
      clock,
      random: systemRandom,
      childUrl: installation.keychainChild,
      driver: chooseKeychainDriver(env),
      isQuiet: true,
    });
  return {
    get: async (account) => make().get(account),
    set: async (account, value) => make().set(account, value),
    delete: async (account) => make().delete(account),
    probe: async () => make().probe(),
  };
}

/** Never makes a key: a store without one is left as it is. */
async function standingOf(store: DoctorPorts['store']): Promise<KeyStanding> {
  let record: Awaited<ReturnType<typeof store.readKeyRecord>>;
  try {
    record = await store.readKeyRecord();
    const opened = record && (await store.openKey());
    return opened === undefined ? { kind: 'none' } : { kind: 'opened', record: opened };
  } catch (error) {
    return { kind: 'closed', record, error: toOpenClawError(error) };
  }
}
