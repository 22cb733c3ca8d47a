// The life of one gateway process as others see it: it claims its state folder, takes a socket over where there is one,
// says that it is ready, hands over or drains, and leaves a record of how it ended. What it serves is not its matter.
import type { Server } from 'node:net';
import { OpenClawError } from '../errors.ts';
import type { ListenAddress } from '../gateway/listen.ts';
import type { JsonLog } from '../platform/json-log.ts';
import type { Secret } from '../platform/secret.ts';
import type { Serving, Stopped } from '../serving.ts';
import { version } from '../version.ts';
import type { CommandContext } from './command-context.ts';
import type { Launcher } from './gateway-channel.ts';
import { notifyReady } from './gateway-notify.ts';
import {
  claimGateway,
  findGateway,
  type GatewayFiles,
  type GatewayRecord,
  type Presence,
} from './gateway-record.ts';
import { awaitSuccession, standIn, type Succession, type SuccessionDeps } from './gateway-succession.ts';

export type GatewayLifeDeps = {
  context: CommandContext;
  log: JsonLog;
  files: GatewayFiles;
  options: { json?: boolean; port?: string; logFile?: boolean; launched?: 'start' | 'restart' };
  launcher: Launcher | undefined;
  /** False for one that writes nothing: no command but Ctrl-C reaches it. */
  isListed: boolean;
  /** As of GatewayRecord, as things are now. */
  keyProviders: () => string[];
  passphrase: () => Secret | undefined;
};

type Listening = Serving & { port: number };

export type GatewayLife = {
  /**
   * Claims the folder, unless that is still another process's to give. Throws GATEWAY_RUNNING, in the foreground only when
   * the folder's gateway has the address that this one is to have.
   */
  begin(url: string): Promise<void>;
  /** The socket that can be had for this address (port 0: any), with the port that it has. */
  inheritable(address: ListenAddress): { port: number; take: () => Promise<Server> } | undefined;
  /** It serves: says so to all who wait for it. Throws GATEWAY_RUNNING when the process before does not let go. */
  announce(serving: Listening, url: string): Promise<void>;
  /** Its settings have changed: others are told what it has now. */
  settingsChanged(): void;
  /** Resolves with the exit code when all has ended; `onStop` is called when it is asked to. */
  untilEnd(serving: Listening, onStop: () => void): Promise<number>;
  close(): void;
};

/** A command that looks whether the lock is held holds it for an instant itself. */
const claimMs = 500;
const takeOverMs = 20_000;
const countMs = 200;

export function createGatewayLife(deps: GatewayLifeDeps): GatewayLife {
  const { context, log, files, options, launcher, isListed } = deps;
  const { clock } = context;
  const isService = (context.env['NOTIFY_SOCKET'] ?? '') !== '';
  const mode = launcher?.welcome.mode ?? (isService ? 'service' : 'foreground');
  const record: GatewayRecord = {
    pid: process.pid,
    version,
    sinceMs: launcher?.welcome.sinceMs ?? clock.nowMs(),
    mode,
    state: 'starting',
    url: null,
    port: null,
    logFile: options.logFile === true ? files.log : null,
    active: 0,
    restartsTried: 0,
    restartError: null,
  };
  let presence: Presence | undefined;
  let succession: Succession | undefined;

  const claim = async (timeoutMs: number): Promise<boolean> => {
    presence = await claimGateway(files, record, { clock, timeoutMs });
    return presence !== undefined;
  };
  const note = (changes: Partial<GatewayRecord>): void => {
    Object.assign(record, changes);
    // Whoever reads the record, or is told of it, may read the log next: it says how that came.
    log.flush();
    try {
      presence?.update(changes);
    } catch (error) {
      // The requests that run are worth more than the word about them.
      log.warn('gateway_record_failed', { reason: error instanceof Error ? error.message : 'unknown' });
    }
  };

  const successionDeps = (serving: Listening): SuccessionDeps => ({
    context,
    log,
    args: argsOf(options),
    welcome: () => {
      const passphrase = deps.passphrase()?.reveal();
      return {
        mode,
        sinceMs: record.sinceMs,
        address: serving.gateway.address(),
        canAsk: passphrase !== undefined,
        ...(passphrase === undefined ? {} : { passphrase }),
      };
    },
    listener: () => serving.gateway.listener(),
    presence: () => presence,
    reclaim: async () => {
      if (!(await claim(takeOverMs)))
        log.error('gateway_not_listed', { reason: 'another process is the gateway now' });
    },
    note,
  });

  /** Another process serves. One that is asked to end meanwhile is in a hurry, and drains as always. */
  const leave = async (serving: Listening): Promise<Stopped> => {
    const left = serving.handOver();
    const hurry = aborted(context.signal).then(() => serving.stop());
    return Promise.race([left, hurry]);
  };

  const every = (work: () => void): (() => void) => {
    let cancel: () => void = () => undefined;
    const next = (): void => {
      cancel = clock.setTimer(() => {
        work();
        next();
      }, countMs);
    };
    next();
    return () => cancel();
  };

  return {
    async begin(url) {
      context.signal.throwIfAborted();
      if (!isListed || options.launched === 'restart') return;
      if (await claim(claimMs)) return;
      const { running, last } = await findGateway(files, clock);
      // In another container its pid means nothing here, and its lock says that it lives.
      const holder = running ?? (last?.state === 'stopped' ? undefined : last);
      const who =
        holder === undefined ? '' : ` (pid ${holder.pid}${holder.url === null ? '' : `, ${holder.url}`})`;
      if (launcher !== undefined || holder?.url === url) {
        throw new OpenClawError({
          code: 'GATEWAY_RUNNING',
          message: `This state folder has a gateway already${who}`,
        });
      }
      // On a port of its own a second one does no harm: logins are shared by design.
      log.warn('gateway_not_listed', { reason: `status, stop and restart speak of another one${who}` });
    },

    inheritable({ host, port }) {
      const offered = launcher?.welcome.address;
      if (launcher === undefined || offered?.host !== host) return undefined;
      return port === offered.port || port === 0
        ? { port: offered.port, take: () => launcher.takeSocket() }
        : undefined;
    },

    async announce(serving, url) {
      context.signal.throwIfAborted();
      if (options.launched === 'restart') {
        await launcher?.tell({ type: 'serving' });
        if (!(await claim(takeOverMs))) {
          throw new OpenClawError({
            code: 'GATEWAY_RUNNING',
            message: 'The former process, or another one, did not let go of the state folder',
          });
        }
      }
      const { port } = serving;
      // Before the record says that it is ready: from then on it may be asked.
      if (isListed) succession = awaitSuccession(successionDeps(serving));
      note({ state: 'ready', url, port, keyProviders: deps.keyProviders() });
      const isMain = await notifyReady(context.env, log, process.pid, `Serving on ${url}`);
      await launcher?.tell({ type: 'ready', url, port, pid: process.pid, isMain });
      launcher?.close();
    },

    settingsChanged() {
      if (record.state === 'ready') note({ keyProviders: deps.keyProviders() });
    },

    async untilEnd(serving, onStop) {
      const next = await Promise.race([aborted(context.signal), succession?.replaced ?? never]);
      if (next !== undefined) {
        const [{ isSaved }, exitCode] = await Promise.all([
          leave(serving),
          // Whoever started this one in the foreground takes its end for the end of the gateway.
          mode === 'background' || next.isMain ? 0 : standIn(context, files),
        ]);
        return isSaved ? exitCode : 1;
      }
      succession?.close();
      onStop();
      const countActive = (): void => {
        const active = serving.gateway.activeRequests();
        if (record.state !== 'stopping' || active !== record.active) note({ state: 'stopping', active });
      };
      countActive();
      const stopCounting = every(countActive);
      const { isSaved, cutRequests } = await serving.stop();
      stopCounting();
      note({ state: 'stopped', active: cutRequests });
      return isSaved ? 0 : 1;
    },

    close() {
      succession?.close();
      // Whoever asked for it is told why it did not come up: it was not killed. After a failed restart another one serves.
      if (record.state === 'starting' && options.launched !== 'restart') note({ state: 'stopped' });
      presence?.release();
    },
  };
}

const never = new Promise<undefined>(() => undefined);

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** How the next process is started: as this one was, but for who asks. */
function argsOf({ json, port, logFile }: GatewayLifeDeps['options']): string[] {
  return [
    'gateway',
    'run',
    ...(port === undefined ? [] : ['--port', port]),
    ...(json === true ? ['--json'] : []),
    ...(logFile === true ? ['--log-file'] : []),
    '--launched',
    'restart',
  ];
}
