// The other proxies that the gateway is measured beside, each started by its path with a configuration of its own, and
// ended by its process id. Those that are not installed are named, with the command that installs them.
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import type { LoadTarget } from './load-client.ts';
import type { AnswerName } from './mock-upstream.ts';

export type Proxy = {
  name: string;
  /** undefined: there is no process in between. */
  pid: number | undefined;
  target(answer: AnswerName): LoadTarget;
  end(): Promise<void>;
};

/** `missing`: how to install it. */
export type Peer = Proxy | { missing: string };

const nginxPath = '/usr/sbin/nginx';
const portkeyMain = fileURLToPath(
  new URL('peers/node_modules/@portkey-ai/gateway/build/start-server.js', import.meta.url),
);
const plainHeaders = ['x-api-key: bench-key'];
const startMs = 20_000;

export function direct(upstreamPort: number): Proxy {
  return {
    name: 'direct',
    pid: undefined,
    target: (answer) => plainTarget(upstreamPort, answer),
    end: () => Promise.resolve(),
  };
}

export async function startPassThrough(
  upstreamPort: number,
  nodeArgs: readonly string[] = [],
): Promise<Proxy & { pid: number }> {
  const child = fork(fileURLToPath(new URL('pass-through.ts', import.meta.url)), [String(upstreamPort)], {
    execArgv: [...nodeArgs],
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const exited = once(child, 'exit');
  return {
    name: 'pass-through',
    pid: pidOf(child),
    target: (answer) => plainTarget(port, answer),
    async end() {
      child.disconnect();
      await exited;
    },
  };
}

/**
 * One worker, nothing logged, connections to the upstream kept. It passes bodies on as they come, both ways, as a proxy
 * for event streams has to.
 */
export async function startNginx(upstreamPort: number, folder: string): Promise<Peer> {
  if (!existsSync(nginxPath)) return { missing: 'nginx: apt-get install nginx-light' };
  const port = await freePort();
  const prefix = join(folder, 'nginx');
  mkdirSync(join(prefix, 'tmp'), { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path tmp/${name};`)
    .join(' ');
  writeFileSync(
    join(prefix, 'nginx.conf'),
    `
worker_processes 1; daemon off; master_process off; pid nginx.pid; error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off; tcp_nodelay on; ${temporary}
  client_max_body_size 64m; keepalive_requests 100000000; keepalive_timeout 75s;
  upstream bench { server 127.0.0.1:${upstreamPort}; keepalive 512; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://bench; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_request_buffering off;
    }
  }
}
`,
  );
  const args = ['-p', prefix, '-c', join(prefix, 'nginx.conf'), '-e', 'stderr'];
  const child = spawn(nginxPath, args, { stdio: 'ignore' });
  await untilOpen(port, child);
  return {
    name: 'nginx',
    pid: pidOf(child),
    target: (answer) => plainTarget(port, answer),
    end: () => endChild(child),
  };
}

/** Newer versions of its web server break its streams (its issue 1389): bench/peers/package.json holds that one back. */
export async function startPortkey(upstreamPort: number): Promise<Peer> {
  if (!existsSync(portkeyMain)) return { missing: 'Portkey: (cd bench/peers && npm ci --ignore-scripts)' };
  const port = await freePort();
  const child = spawn(process.execPath, [portkeyMain, `--port=${port}`, '--headless'], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production' },
  });
  await untilOpen(port, child);
  return {
    name: 'Portkey',
    pid: pidOf(child),
    target: (answer) => ({
      port,
      path: '/v1/messages',
      model: 'bench-model',
      headers: [
        ...plainHeaders,
        'x-portkey-provider: anthropic',
        // It drops the query of the request, so the case stands in the path.
        `x-portkey-custom-host: http://127.0.0.1:${upstreamPort}/case=${answer}/v1`,
      ],
    }),
    end: () => endChild(child),
  };
}

function plainTarget(port: number, answer: AnswerName): LoadTarget {
  return { port, path: `/v1/messages?case=${answer}`, model: 'bench-model', headers: plainHeaders };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error(`${child.spawnfile} did not start`);
  return child.pid;
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** For programs that do not say which port they took. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function untilOpen(port: number, child: ChildProcess): Promise<void> {
  const endsAtMs = performance.now() + startMs;
  while (!(await isOpen(port))) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    if (performance.now() > endsAtMs) throw new Error(`${child.spawnfile} does not listen`);
    await delay(50);
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
