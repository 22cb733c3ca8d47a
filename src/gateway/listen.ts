// Binds the gateway's port on loopback and says who has it when it is taken.
import { request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenClawError } from '../errors.ts';
import { serviceName } from './routes.ts';

export type ListenAddress = { host: '127.0.0.1'; port: number };

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
    data: { port, nextPort: port + 1 },
  });
}

const probeTimeoutMs = 1_000;
const maxProbeBytes = 4_096;

function answersAsGateway({ host, port }: ListenAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = httpRequest(
      { host, port, path: '/healthz', agent: false, timeout: probeTimeoutMs },
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
