// A gateway of this folder that runs and that no command finds any more: its lock was removed under it, or what it wrote of
// itself is not there. Nothing is removed for it: it goes on serving until somebody ends it.
import { existsSync } from 'node:fs';
import { isHeld } from '../../store/held-lock.ts';
import { probeGateway } from '../gateway-probe.ts';
import { gatewayFiles, isAlive, type GatewayRecord } from '../gateway-record.ts';
import type { DoctorPorts } from './check.ts';
import { shown, type Finding } from './finding.ts';
import { findFileHolder, findPortHolder } from './port-holder.ts';

type Lost = {
  /** What is gone of it. */
  readonly missing: 'lock' | 'record';
  /** undefined where it cannot be seen. */
  readonly pid: number | undefined;
  readonly file: string;
};

/** For a folder whose lock and record name no gateway that runs. Throws what SQLite throws for a file that is no lock. */
export async function findLost(
  last: GatewayRecord | undefined,
  { paths, platform }: Pick<DoctorPorts, 'paths' | 'platform'>,
): Promise<Lost | undefined> {
  const files = gatewayFiles(paths.runDir);
  const canSee = platform === 'linux';
  if (existsSync(files.lock) && isHeld(files.lock)) {
    const pid = canSee ? findFileHolder(files.lock) : undefined;
    return { missing: 'record', pid, file: files.record };
  }
  if (last === undefined || last.state === 'stopped' || last.url === null || !isAlive(last.pid))
    return undefined;
  const holder = canSee && last.port !== null ? findPortHolder(last.port) : undefined;
  if (holder !== undefined && holder.pid !== last.pid) return undefined;
  if (typeof (await probeGateway(last.url)) !== 'object') return undefined;
  return { missing: 'lock', pid: last.pid, file: files.lock };
}

export function judgeLost({ missing, pid, file }: Lost): Finding {
  const place = shown(file);
  const why =
    missing === 'lock'
      ? `its lock ${place} was removed`
      : `its lock is held, but ${place} is gone or not what it wrote`;
  const end =
    pid === undefined
      ? 'End its process where it runs (another container has one of its own)'
      : `End it with \`kill ${pid}\``;
  return {
    id: 'gateway.files',
    severity: 'error',
    text: `The gateway of this state folder runs${pid === undefined ? '' : ` (process ${pid})`} and no command finds it: ${why}.`,
    remedy: `${end}, then start it: \`openclaw gateway start\`.`,
  };
}
