// What there is at the port that the settings give the gateway of the state folder, for when none of this folder runs: it is
// free, or somebody has it, who may be a gateway that keeps everything in memory and is in no folder. What follows from
// it is for the checks of the gateway and of the logins.
import { connect } from 'node:net';
import type { LoadedConfig } from '../../config/load.ts';
import { toOpenClawError, type OpenClawError } from '../../errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { gatewayUrl, resolvePort } from '../gateway-address.ts';
import { probeGateway, type Health } from '../gateway-probe.ts';
import { findPortHolder, hasArgument, ownersOfPort, type PortHolder } from './port-holder.ts';

export type TakenPort = {
  readonly kind: 'taken';
  readonly port: number;
  readonly health: Health | 'silent' | 'other';
  /** undefined where it cannot be seen. */
  readonly holder: PortHolder | undefined;
  /** undefined where the system does not tell who has a port. */
  readonly isInMemory: boolean | undefined;
};

export type PortStanding =
  | { readonly kind: 'free'; readonly port: number }
  | TakenPort
  /** The settings give it none. */
  | { readonly kind: 'unknown'; readonly error: OpenClawError };

type Machine = {
  readonly platform: NodeJS.Platform;
  readonly userId: number | undefined;
  readonly clock: Clock;
};

/** A gateway answers there that is ready, and is in no state folder; `maybe` where nobody can tell. */
export function servesFromMemory(found: PortStanding): boolean | 'maybe' {
  if (found.kind !== 'taken' || typeof found.health !== 'object' || !found.health.ready) return false;
  return found.isInMemory ?? 'maybe';
}

/** Never rejects. */
export async function lookAtPort(config: LoadedConfig, machine: Machine): Promise<PortStanding> {
  let port: number;
  let url: string;
  try {
    port = resolvePort(undefined, config);
    url = gatewayUrl(config, port);
  } catch (error) {
    return { kind: 'unknown', error: toOpenClawError(error) };
  }
  if (port === 0 || !(await isTaken(new URL(url).hostname, port, machine.clock)))
    return { kind: 'free', port };
  // First: what does not answer may be gone when it has been waited for.
  const isLinux = machine.platform === 'linux';
  const holder = isLinux ? findPortHolder(port) : undefined;
  const isInMemory = isLinux ? isOfMemory(port, holder, machine.userId) : undefined;
  return { kind: 'taken', port, health: await probeGateway(url), holder, isInMemory };
}

/** `--ephemeral` stands in its command line; a gateway of this user without a folder is as good, where that is hidden. */
export function isOfMemory(
  port: number,
  holder: PortHolder | undefined,
  userId: number | undefined,
  proc?: string,
): boolean {
  const said = holder === undefined ? undefined : hasArgument(holder.pid, '--ephemeral', proc);
  if (said !== undefined) return said;
  const owners = ownersOfPort(port, proc);
  return owners.length > 0 && owners.every((owner) => owner === userId);
}

const connectWithinMs = 1_000;

function isTaken(hostname: string, port: number, clock: Clock): Promise<boolean> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (taken: boolean): void => {
      cancel();
      socket.destroy();
      resolve(taken);
    };
    const cancel = clock.setTimer(() => finish(false), connectWithinMs);
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
