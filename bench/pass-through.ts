// The measure for what a gateway in Node costs: the plainest pass-through that node:http and undici make, as a process.
// Streams the body up and the answer down over one pool. No guard, no lease, no log. Argument: the upstream's port.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

const pool = new Pool(`http://127.0.0.1:${process.argv[2]}`, { connections: null, pipelining: 1 });
const hopByHop = new Set([
  'connection',
  'host',
  'keep-alive',
  'transfer-encoding',
  'expect',
  'content-length',
]);

const server = createServer((request, response) => passThrough(request, response));
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on('disconnect', () => process.exit(0));

function passThrough(request: IncomingMessage, response: ServerResponse): void {
  const headers: string[] = [];
  for (const [name, value] of Object.entries(request.headers)) {
    if (!hopByHop.has(name) || name === 'content-length') headers.push(name, String(value));
  }
  let resumeUpstream: (() => void) | undefined;
  response.on('drain', () => resumeUpstream?.());
  pool.dispatch(
    { path: `/anthropic${request.url ?? ''}`, method: 'POST', headers, body: request },
    {
      onConnect(abort) {
        response.on('close', () => abort());
      },
      onHeaders(status, raw, resume) {
        resumeUpstream = resume;
        const passed: string[] = [];
        for (let index = 0; index + 1 < raw.length; index += 2) {
          const name = String(raw[index]).toLowerCase();
          if (!hopByHop.has(name) || name === 'content-length') passed.push(name, String(raw[index + 1]));
        }
        response.writeHead(status, passed);
        return true;
      },
      onData: (chunk) => response.write(chunk),
      onComplete() {
        response.end();
      },
      onError() {
        response.destroy();
      },
    },
  );
}
