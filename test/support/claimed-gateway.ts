// A state folder whose gateway this process is, as far as lock and record tell: for commands that ask who serves.
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { claimGateway, gatewayFiles, type GatewayRecord } from '../../src/cli/gateway-record.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { Home } from './cli-process.ts';

/** Of this process. */
export function gatewayRecord(changes: Partial<GatewayRecord>): GatewayRecord {
  return {
    pid: process.pid,
    version: '1.0.0',
    sinceMs: 1,
    mode: 'foreground',
    state: 'ready',
    url: null,
    port: null,
    logFile: null,
    active: 0,
    restartsTried: 0,
    restartError: null,
    ...changes,
  };
}

/** Until the test has finished. */
export async function claim(home: Home, changes: Partial<GatewayRecord>): Promise<void> {
  const record = gatewayRecord({ sinceMs: Date.now(), ...changes });
  const files = gatewayFiles(join(home.stateDir, 'gateway'));
  const presence = await claimGateway(files, record, { clock: systemClock, timeoutMs: 1_000 });
  onTestFinished(() => presence?.release());
}
