// Where the gateway listens. Port: the flag, then OPENCLAW_GATEWAY_PORT, then `gateway.port`, then 18789. Address:
// OPENCLAW_GATEWAY_BIND, then `gateway.bind`, then loopback; what each of them means is bind.ts's.
import type { LoadedConfig } from '../config/load.ts';
import { OpenClawError } from '../errors.ts';
import { localUrl, readBind, readHostNames, resolveBind, type BindSettings } from '../gateway/bind.ts';
import { cleanText } from '../platform/text.ts';

export const defaultPort = 18_789;

/** Throws USAGE for what is no port. Port 0 takes any free one. */
export function resolvePort(flag: string | undefined, config: LoadedConfig): number {
  if (flag !== undefined) return readPort(flag, '--port');
  const fromEnv = config.env['OPENCLAW_GATEWAY_PORT'];
  if (fromEnv !== undefined && fromEnv.trim() !== '')
    return readPort(fromEnv.trim(), 'OPENCLAW_GATEWAY_PORT');
  return config.config.gateway?.port ?? defaultPort;
}

/**
 * The address to listen on and the names to answer to; `token` is the one that its owner has set. Throws CONFIG_INVALID,
 * also when there is none and others than this machine could ask.
 */
export function resolveListening(
  config: Pick<LoadedConfig, 'config' | 'env'>,
  token: string | undefined,
): { host: string; hostNames: readonly string[] } {
  return {
    host: resolveBind({ ...bindSettings(config), token }),
    hostNames: readHostNames(config.env['OPENCLAW_GATEWAY_HOSTS']),
  };
}

/** Where a program on this machine finds the gateway of this configuration. */
export function gatewayUrl(config: LoadedConfig, port: number): string {
  return localUrl(readBind(bindSettings(config)), port);
}

const bindVariable = 'OPENCLAW_GATEWAY_BIND';

function bindSettings({ config, env }: Pick<LoadedConfig, 'config' | 'env'>): Omit<BindSettings, 'token'> {
  const { bind, customBindHost } = config.gateway ?? {};
  const fromEnv = env[bindVariable]?.trim();
  return fromEnv === undefined || fromEnv === ''
    ? { bind, customBindHost, key: 'gateway.bind' }
    : { bind: fromEnv, customBindHost, key: bindVariable };
}

function readPort(text: string, place: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new OpenClawError({
    code: 'USAGE',
    message: `${place}: ${JSON.stringify(cleanText(text, 20))} is not a port; a port is a number from 0 to 65535.`,
    remedy: place === '--port' ? 'For example: `--port 18790`.' : `For example ${place}=18790, or unset it.`,
  });
}
