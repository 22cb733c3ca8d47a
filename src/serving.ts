// The composition of a gateway that runs: catalogue, resolver and server over one application, kept in step with the
// configuration file and with what other processes save.
import { statSync } from 'node:fs';
import { buildCatalogue, type App } from './app.ts';
import { createResolver, type LiveResolver } from './auth/resolver.ts';
import { toOpenClawError } from './errors.ts';
import { createGateway, type Gateway } from './gateway/server.ts';
import { Secret } from './platform/secret.ts';
import { apiKeyProviders } from './providers/api-key.ts';
import type { Catalogue } from './providers/model-route.ts';

export type Serving = {
  readonly gateway: Gateway;
  /**
   * Stops taking requests, finishes those that run and a refresh under way, each bounded. False when a new token could
   * not be saved in that time and is lost.
   */
  stop(): Promise<boolean>;
};

const drainMs = 30_000;
/** The longest exchange, and its saving. */
const refreshGraceMs = 45_000;
const configCheckMs = 1_000;

/** Loads the logins and starts listening on 127.0.0.1. Port 0 takes any free port. */
export async function startServing(
  app: App,
  options: { port: number; token: Secret },
): Promise<Serving & { port: number }> {
  const { log, clock } = app;
  const resolver = createResolver({
    store: app.store(),
    engine: app.refreshEngine(),
    prepare: (profileId, credential) => app.prepareAuth(profileId, credential),
    explicitOrder: (provider) => app.config().config.auth?.order?.[provider],
    keyProviders: () => apiKeyProviders(app.config()),
    missingMessage: (provider) => `There is no login for ${provider}.`,
    clock,
    random: app.random,
    log,
    onChange: () => void rebuild().catch(failed),
  });
  const failed = (error: unknown): void =>
    log.error('catalogue_failed', { reason: toOpenClawError(error).message });

  let catalogue = await buildCatalogue(app, app.plugins());
  async function rebuild(): Promise<void> {
    catalogue = await buildCatalogue(app, app.plugins());
  }
  await resolver.load();

  const current: Catalogue = { find: (name) => catalogue.find(name), list: () => catalogue.list() };
  const gateway = createGateway({
    resolver,
    catalogue: current,
    token: options.token,
    log,
    clock,
    random: app.random,
    env: app.config().env,
    readiness: () => readiness(resolver, app),
  });
  const { port } = await gateway.listen({ host: '127.0.0.1', port: options.port });
  const stopWatching = resolver.start();
  const stopConfig = watchConfig(app, async () => {
    await rebuild();
    await resolver.load({ fresh: true });
  });

  return {
    gateway,
    port,
    async stop() {
      stopConfig();
      // No new refresh begins while it ends; one that runs is finished beside the requests.
      stopWatching();
      await Promise.all([gateway.drain(drainMs), withinMs(app, app.settled(), refreshGraceMs)]);
      return !app.refreshEngine().hasUnsaved();
    },
  };
}

function readiness(resolver: LiveResolver, app: App): { ready: boolean; reason?: string } {
  const usable = resolver.usableProfiles() > 0 || apiKeyProviders(app.config()).length > 0;
  return usable ? { ready: true } : { ready: false, reason: 'no login that works: openclaw onboard' };
}

/** A configuration that does not load is logged, and the last good one goes on. */
function watchConfig(app: App, apply: () => Promise<void>): () => void {
  let seen = stamp(app.paths.configFile);
  let stopped = false;
  let cancel: () => void = () => undefined;
  const next = (): void => {
    cancel = app.clock.setTimer(() => void check().finally(() => stopped || next()), configCheckMs, {
      unref: true,
    });
  };
  const check = async (): Promise<void> => {
    const now = stamp(app.paths.configFile);
    if (now === seen) return;
    seen = now;
    // Editors and mounts take a file away for a moment; an empty configuration is written as an empty object.
    if (now === 'none') {
      app.log.error('config_kept', { reason: `${app.paths.configFile} is gone` });
      return;
    }
    try {
      app.reloadConfig();
      await apply();
      app.log.info('config_reloaded', { file: app.paths.configFile });
    } catch (error) {
      app.log.error('config_kept', { reason: toOpenClawError(error).message });
    }
  };
  next();
  return () => {
    stopped = true;
    cancel();
  };
}

/** A file that cannot be looked at is as good as another state: what is wrong with it is said when it is read. */
function stamp(file: string): string {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    return stats === undefined ? 'none' : `${stats.mtimeMs}:${stats.size}:${stats.ino}`;
  } catch (error) {
    return `unreadable: ${toOpenClawError(error).message}`;
  }
}

function withinMs(app: App, work: Promise<void>, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = app.clock.setTimer(resolve, limitMs);
    void work.finally(() => {
      cancel();
      resolve();
    });
  });
}
