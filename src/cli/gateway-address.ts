// Where the gateway listens: the flag, then OPENCLAW_GATEWAY_PORT, then `gateway.port`, then 18789.
import type { LoadedConfig } from '../config/load.ts';
import { OpenClawError } from '../errors.ts';

export const defaultPort = 18_789;

/** Throws USAGE for what is no port. Port 0 takes any free one. */
export function resolvePort(flag: string | undefined, config: LoadedConfig): number {
  if (flag !== undefined) return readPort(flag, '--port');
  const fromEnv = config.env['OPENCLAW_GATEWAY_PORT'];
  if (fromEnv !== undefined && fromEnv.trim() !== '')
    return readPort(fromEnv.trim(), 'OPENCLAW_GATEWAY_PORT');
  return config.config.gateway?.port ?? defaultPort;
}

function readPort(text: string, place: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new OpenClawError({
    code: 'USAGE',
    message: `${place}: ${JSON.stringify(text.slice(0, 20))} is not a port; a port is a number from 0 to 65535.`,
    remedy: 'For example: `openclaw gateway run --port 18790`.',
  });
}
