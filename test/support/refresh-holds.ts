// Holds that stop a refresh at a chosen point, from outside: a proxy that never opens its tunnel, and a process that
// keeps the store's write lock.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { follow, type Home, type Portal, type Running } from './cli-process.ts';

/** Takes every CONNECT and leaves it open: whatever goes through it has sent nothing to the server yet. */
export async function startStuckProxy(): Promise<{ url: string; waiting: Promise<void> }> {
  const asked = Promise.withResolvers<void>();
  const server = createServer();
  server.on('connect', (_request, socket) => {
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    asked.resolve();
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, waiting: asked.promise };
}

/** Another program that holds the store's write lock until it is killed. */
export async function holdStore(home: Home): Promise<Running> {
  const script = `const { DatabaseSync } = require('node:sqlite'); const db = new DatabaseSync(process.argv[1]); db.exec('PRAGMA busy_timeout=5000; BEGIN IMMEDIATE'); console.log('held'); setInterval(() => {}, 1000);`;
  const file = `${home.stateDir}/auth/credentials.sqlite`;
  const holder = follow(spawn(process.execPath, ['--eval', script, file]));
  await holder.line('stdout', /held/);
  return holder;
}

/**
 * Looked at every few milliseconds: what it waits for is mostly done by other processes, which need the processor. The
 * test's own time limit ends a wait in vain.
 */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(3);
}

export async function killed(running: Running): Promise<void> {
  running.child.kill('SIGKILL');
  await running.ended;
}

/** Requests that reached the token endpoint since the portal's journal was emptied, with the status of each answer. */
export function tokenRequests(portal: Portal): (number | null)[] {
  const requests = portal.control.requests();
  return requests.filter(({ path }) => path.endsWith('/token')).map(({ status }) => status);
}
