// Binds a listener to this machine's loopback by its literal address (RFC 8252 section 7.3): IPv4 first, IPv6 where
// there is none, a free port of the system's choice. `localhost` is a name, and can be made to lead elsewhere.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenClawError } from '../errors.ts';

export const loopbackAddresses = ['127.0.0.1', '::1'] as const;

/** Resolves with the authority, `127.0.0.1:41234` or `[::1]:41234`. Throws PORT_REFUSED when no address will do. */
export async function bindLoopback(
  server: Server,
  addresses: readonly string[] = loopbackAddresses,
): Promise<string> {
  let reason = 'no address';
  for (const host of addresses) {
    const failure = await listen(server, host);
    if (failure === undefined) {
      const { port } = server.address() as AddressInfo;
      return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    }
    reason = failure.code ?? 'unknown error';
    if (reason !== 'EADDRNOTAVAIL' && reason !== 'EAFNOSUPPORT') break;
  }
  throw new OpenClawError({
    code: 'PORT_REFUSED',
    message: `No listener can be opened on this machine's loopback address (${reason}).`,
    remedy: 'Approve on any device with a code instead: `openclaw auth login --flow device`.',
  });
}

function listen(server: Server, host: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => resolve(error);
    server.once('error', onError);
    server.listen({ host, port: 0, exclusive: true }, () => {
      server.off('error', onError);
      resolve(undefined);
    });
  });
}
