// Binds the gateway's port and says who has it when it is taken.
import { request as httpRequest, type Server } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { OpenClawError } from '../errors.ts';
import { localHost } from './bind.ts';
import { serviceName } from './routes.ts';

/** `host`: an IP address. */
export type ListenAddress = { host: string; port: number };

/** Resolves with the bound port. Errors: PORT_IN_USE with `port` and `nextPort`, PORT_REFUSED. */
export async function listenOn(server: Server, address: ListenAddress): Promise<number> {
  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => resolve(error);
    server.once('error', onError);
    server.listen({ ...address, exclusive: true, backlog: 511 }, () => {
      server.off('error', onError);
      resolve(undefined);
    });
  });
  if (failure === undefined) return (server.address() as AddressInfo).port;
  const { port } = address;
  if (failure.code === 'EADDRNOTAVAIL') {
    throw new OpenClawError({
      code: 'PORT_REFUSED',
      message: `This machine has no address ${address.host} to listen on`,
      remedy: 'Set gateway.bind to "loopback", "lan", or an address that this machine has.',
      data: { port },
    });
  }
  if (failure.code !== 'EADDRINUSE') {
    throw new OpenClawError({
      code: 'PORT_REFUSED',
      message: `Cannot listen on ${address.host}:${port} (${failure.code ?? 'unknown error'})`,
      data: { port },
    });
  }
  const isGateway = await answersAsGateway(address);
  throw new OpenClawError({
    code: 'PORT_IN_USE',
    message: isGateway
      ? `An openclaw gateway already answers on port ${port}`
      : `Another program has port ${port}`,
    data: { port, nextPort: nextPort(port) },
  });
}

/** One to try instead. */
export function nextPort(port: number): number {
  return port < 65_535 ? port + 1 : port - 1;
}

/**
 * Goes on with the socket of a process that served before: connections that wait in its queue are answered here.
 * Resolves with its port; rejects with PORT_REFUSED, also when it listens elsewhere than on `host`: a configuration that
 * takes a gateway back to loopback must not leave it open.
 */
export async function listenOnInherited(server: Server, inherited: NetServer, host: string): Promise<number> {
  const former = (inherited.address() as AddressInfo | null)?.address;
  if (former !== host) {
    throw new OpenClawError({
      code: 'PORT_REFUSED',
      message: `The gateway listens on ${former ?? 'no address'} and is to listen on ${host} now, which no restart changes`,
      remedy: 'Stop it and start it again: `openclaw gateway stop`, then `openclaw gateway start`.',
    });
  }
  await new Promise<void>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void =>
      reject(
        new OpenClawError({
          code: 'PORT_REFUSED',
          message: `The socket of the former process cannot be listened on (${error.code ?? 'unknown error'})`,
        }),
      );
    server.once('error', onError);
    server.listen(inherited, () => {
      server.off('error', onError);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

const probeTimeoutMs = 1_000;
const maxProbeBytes = 4_096;

function answersAsGateway({ host, port }: ListenAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = httpRequest(
      { host: localHost(host), port, path: '/healthz', agent: false, timeout: probeTimeoutMs },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => {
          body += text;
          if (body.length > maxProbeBytes) probe.destroy();
        });
        answer.on('close', () => resolve(body.includes(`"service":"${serviceName}"`)));
      },
    );
    probe.on('timeout', () => probe.destroy());
    probe.on('error', () => resolve(false));
    probe.on('close', () => resolve(false));
    probe.end();
  });
}
