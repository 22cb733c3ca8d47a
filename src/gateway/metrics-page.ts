// What `GET /metrics` says: what has been counted, and beside it what is so at this moment: requests under way, logins and
// their cooldowns, and the process itself.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { version } from '../version.ts';
import { createExposition, type Exposition } from './exposition.ts';
import type { Metrics } from './metrics.ts';

export type ProfileFigures = {
  id: string;
  provider: string;
  /** Of the access token; undefined when it does not end or there is none. Wall clock. */
  expiresAtMs?: number | undefined;
  /** Models that wait with this login, or 1 for the whole login. */
  cooldowns: number;
  /** A login that has ended until the next one. */
  isDead: boolean;
};

export type LiveFigures = {
  nowMs: number;
  activeRequests: number;
  profiles: readonly ProfileFigures[];
};

export type ProcessFigures = {
  write(page: Exposition): void;
  stop(): void;
};

/** The delay is looked at so often: 10 wake-ups a second, in native code. */
const delayResolutionMs = 100;

/** Begins to watch the event loop; the timer keeps no process alive. */
export function watchProcess(): ProcessFigures {
  const delay = monitorEventLoopDelay({ resolution: delayResolutionMs });
  delay.enable();
  const startedAtSeconds = performance.timeOrigin / 1000;
  return {
    write(page) {
      const cpu = process.cpuUsage();
      page.family('process_cpu_seconds_total', 'counter', 'CPU time of the process, user and system.');
      page.sample({}, (cpu.user + cpu.system) / 1e6);
      page.family('process_resident_memory_bytes', 'gauge', 'Resident memory of the process.');
      page.sample({}, process.memoryUsage.rss());
      page.family('process_start_time_seconds', 'gauge', 'When the process started, since the epoch.');
      page.sample({}, startedAtSeconds);
      page.family(
        'openclaw_event_loop_lag_seconds',
        'gauge',
        'How late the event loop was, since the last time that this page was read.',
      );
      for (const [quantile, percentile] of [
        ['0.5', 50],
        ['0.99', 99],
        ['1', 100],
      ] as const) {
        const measuredMs = delay.percentile(percentile) / 1e6;
        page.sample({ quantile }, Math.max(0, measuredMs - delayResolutionMs) / 1000);
      }
      delay.reset();
    },
    stop: () => void delay.disable(),
  };
}

export function metricsPage(metrics: Metrics, live: LiveFigures, ownProcess: ProcessFigures): string {
  const page = createExposition();
  page.family('openclaw_info', 'gauge', 'Always 1; the version that runs.');
  page.sample({ version }, 1);
  page.family('openclaw_active_requests', 'gauge', 'Requests that are being answered.');
  page.sample({}, live.activeRequests);
  metrics.write(page);
  page.family(
    'openclaw_token_expiry_seconds',
    'gauge',
    'Until the access token expires; below 0 when it has.',
  );
  for (const { id, provider, expiresAtMs } of live.profiles) {
    if (expiresAtMs === undefined) continue;
    page.sample({ provider, profile: id }, (expiresAtMs - live.nowMs) / 1000);
  }
  page.family('openclaw_cooldowns_active', 'gauge', 'Models that wait with this login, or the whole login.');
  for (const { id, provider, cooldowns } of live.profiles) page.sample({ provider, profile: id }, cooldowns);
  page.family('openclaw_login_dead', 'gauge', '1 when somebody has to log in again.');
  for (const { id, provider, isDead } of live.profiles) {
    page.sample({ provider, profile: id }, isDead ? 1 : 0);
  }
  ownProcess.write(page);
  return page.text();
}
