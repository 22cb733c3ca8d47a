// The composition of a gateway that runs: catalogue, resolver and server over one application, kept in step with the
// configuration file and with what other processes save.
import { statSync } from 'node:fs';
import type { Server } from 'node:net';
import { buildCatalogue, type App } from './app.ts';
import { createResolver, type LiveResolver } from './auth/resolver.ts';
import { toOpenClawError } from './errors.ts';
import { createLedger } from './gateway/ledger.ts';
import { createMetrics } from './gateway/metrics.ts';
import type { ProfileFigures } from './gateway/metrics-page.ts';
import { readLimits } from './gateway/limits.ts';
import { createGateway, type Gateway } from './gateway/server.ts';
import { Secret } from './platform/secret.ts';
import { apiKeyProviders } from './providers/api-key.ts';
import { createPrices, readPrices, type Prices } from './providers/prices.ts';
import { createActivityStore } from './store/activity-store.ts';
import type { Catalogue } from './providers/model-route.ts';

export type Serving = {
  readonly gateway: Gateway;
  /**
   * Stops taking requests, finishes those that run and a refresh under way, each bounded.
   */
  stop(): Promise<Stopped>;
  /** The same while another process goes on with the socket: nothing is cut that a client may still be waiting for. */
  handOver(): Promise<Stopped>;
};

/** `isSaved`: false when a new token could not be saved in that time and is lost. */
export type Stopped = { isSaved: boolean; cutRequests: number };

const drainMs = 30_000;
/** A stream that is longer is not one that anybody waits for. */
const handOverMs = 6 * 60 * 60_000;
/** The longest exchange, and its saving. */
const refreshGraceMs = 45_000;
const configCheckMs = 1_000;

/**
 * Loads the logins and starts listening, on 127.0.0.1 unless `host` says otherwise. Port 0 takes any free port. `inherit` is called when all is loaded,
 * for a socket that listens at that address already.
 */
export async function startServing(
  app: App,
  options: {
    port: number;
    host?: string;
    hostNames?: readonly string[];
    token: Secret;
    /** What clients have to send as things are now; asked after each change of the settings. */
    readToken?: (() => Promise<Secret>) | undefined;
    /** The settings were read anew, and hold. */
    onReload?: () => void;
    inherit?: (() => Promise<Server>) | undefined;
  },
): Promise<Serving & { port: number }> {
  const { log, clock } = app;
  const resolver = createResolver({
    store: app.store(),
    engine: app.refreshEngine(),
    prepare: (profileId, credential) => app.prepareAuth(profileId, credential),
    activity: createActivityStore(app.activity()),
    explicitOrder: (provider) => app.config().config.auth?.order?.[provider],
    keyProviders: () => apiKeyProviders(app.config()),
    askPlan: async (context) => {
      const provider = await app.plugins().provider(context.credential.provider);
      return provider?.fetchUsageSnapshot?.(context);
    },
    missingMessage: (provider) => `There is no login for ${provider}.`,
    clock,
    random: app.random,
    log,
    onChange: () => void rebuild().catch(failed),
  });
  const failed = (error: unknown): void =>
    log.error('catalogue_failed', { reason: toOpenClawError(error).message });

  let catalogue = await buildCatalogue(app, app.plugins());
  let prices = loadPrices(app);
  let rebuilding: Promise<unknown> = Promise.resolve();
  /** One after the other: the last one asked for is the one that stays. */
  function rebuild(): Promise<void> {
    const next = rebuilding.then(async () => {
      prices = loadPrices(app);
      catalogue = await buildCatalogue(app, app.plugins());
    });
    rebuilding = next.catch(() => undefined);
    return next;
  }
  await resolver.load();

  const discovery = app.discovery();
  const current: Catalogue = {
    find(name) {
      try {
        return catalogue.find(name);
      } catch (error) {
        discovery.wake();
        throw error;
      }
    },
    fallbacks: (route) => catalogue.fallbacks(route),
    list: () => catalogue.list(),
  };
  const metrics = createMetrics();
  app.refreshEngine().observe((profileId, outcome) => metrics.refresh(providerOf(profileId), outcome));
  const ledger = createLedger({
    database: app.activity(),
    prices: { costOf: (route, usage) => prices.costOf(route, usage) },
    clock,
    log,
  });
  const gateway = createGateway({
    resolver,
    catalogue: current,
    metrics,
    ledger,
    profileFigures: () => profileFigures(resolver),
    token: options.token,
    log,
    clock,
    random: app.random,
    env: app.config().env,
    limits: readLimits(app.config().env),
    readiness: () => readiness(resolver, catalogue, app),
    hostNames: options.hostNames ?? [],
  });
  const inherited = await options.inherit?.();
  const { port } = await gateway.listen({ host: options.host ?? '127.0.0.1', port: options.port }, inherited);
  const stopWatching = resolver.start();
  let token = options.token;
  const renewToken = async (): Promise<void> => {
    try {
      const next = await options.readToken?.();
      if (next === undefined || next.reveal() === token.reveal()) return;
      token = next;
      gateway.setToken(next);
      log.info('gateway_token_changed');
    } catch (error) {
      log.error('gateway_token_kept', { reason: toOpenClawError(error).message });
    }
  };
  const stopConfig = watchConfig(app, async () => {
    await renewToken();
    await rebuild();
    await resolver.load({ fresh: true });
    discovery.reload();
    options.onReload?.();
  });
  const stopDiscovery = discovery.start(() => void rebuild().catch(failed));

  return {
    gateway,
    port,
    async stop() {
      stopConfig();
      stopDiscovery();
      // No new refresh begins while it ends; one that runs is finished beside the requests.
      stopWatching();
      const [cutRequests] = await Promise.all([
        gateway.drain(drainMs),
        withinMs(app, app.settled(), refreshGraceMs),
      ]);
      resolver.keepActivity();
      ledger.stop();
      return { isSaved: !app.refreshEngine().hasUnsaved(), cutRequests };
    },
    async handOver() {
      stopConfig();
      stopDiscovery();
      // Logins are followed to the end: the other process renews them, and takes the old tokens out of use.
      const cutRequests = await gateway.handOver(handOverMs);
      stopWatching();
      await withinMs(app, app.settled(), refreshGraceMs);
      resolver.keepActivity();
      ledger.stop();
      return { isSaved: !app.refreshEngine().hasUnsaved(), cutRequests };
    },
  };
}

/** Names of logins are `<provider>:<name>`. */
function providerOf(profileId: string): string {
  return profileId.slice(0, profileId.indexOf(':'));
}

/** A file that is wrong costs its prices and nothing else. */
function loadPrices(app: App): Prices {
  const { own, warnings } = readPrices(app.paths.modelsFile);
  for (const { line, column, message } of warnings) {
    app.log.warn('prices', { place: `${app.paths.modelsFile}:${line}:${column}`, message });
  }
  return createPrices(own);
}

function profileFigures(resolver: LiveResolver): ProfileFigures[] {
  const cooldowns = resolver.cooldowns();
  return resolver.records().map(({ id, provider, expiresAtMs, dead }) => ({
    id,
    provider,
    expiresAtMs,
    cooldowns: cooldowns.filter(({ profileId }) => profileId === id).length,
    isDead: dead !== undefined,
  }));
}

/** Cooldowns aside, which pass: whether any request could be served, and what to do where none could. */
function readiness(
  resolver: LiveResolver,
  catalogue: Catalogue,
  app: App,
): { ready: boolean; reason?: string } {
  const standing = resolver.standing();
  if (standing === 'serves' && catalogue.list().length > 0) return { ready: true };
  const broken = app
    .plugins()
    .statuses()
    .find(({ enabled, state }) => enabled && state === 'failed');
  if (broken !== undefined) {
    return {
      ready: false,
      reason: `the plugin ${broken.id} does not work: openclaw plugins inspect ${broken.id}`,
    };
  }
  switch (standing) {
    case 'serves':
      return { ready: false, reason: 'no model can be served: openclaw models status' };
    case 'left_out':
      return {
        ready: false,
        reason: 'every login that works is left out of its order: openclaw auth status',
      };
    case 'nothing':
      return { ready: false, reason: 'no login that works: openclaw onboard' };
  }
}

/** A `.env` that is away for so many looks was taken away, and with it what was in it. */
const goneLooks = 3;

/** The file and the `.env` beside it. What does not load is logged, and the last good configuration goes on. */
function watchConfig(app: App, apply: () => Promise<void>): () => void {
  const { configFile, dotenvFile } = app.paths;
  let seen = { config: stamp(configFile), dotenv: stamp(dotenvFile) };
  let isConfigGone = false;
  let looksWithout = 0;
  let stopped = false;
  let cancel: () => void = () => undefined;
  const next = (): void => {
    cancel = app.clock.setTimer(() => void check().finally(() => stopped || next()), configCheckMs, {
      unref: true,
    });
  };
  /** What is new since the last look; editors and mounts take a file away for a moment. */
  const look = (): typeof seen | undefined => {
    const config = stamp(configFile);
    // For good, too: an empty configuration is written as an empty object.
    if (config === 'none' && seen.config !== 'none') {
      if (!isConfigGone) app.log.error('config_kept', { reason: `${configFile} is gone` });
      isConfigGone = true;
      return undefined;
    }
    isConfigGone = false;
    const found = stamp(dotenvFile);
    looksWithout = found === 'none' ? looksWithout + 1 : 0;
    const dotenv = found === 'none' && looksWithout < goneLooks ? seen.dotenv : found;
    return config === seen.config && dotenv === seen.dotenv ? undefined : { config, dotenv };
  };
  const check = async (): Promise<void> => {
    const now = look();
    if (now === undefined) return;
    const file = now.config === seen.config ? dotenvFile : configFile;
    seen = now;
    try {
      app.reloadConfig();
      await apply();
      app.log.info('config_reloaded', { file });
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
