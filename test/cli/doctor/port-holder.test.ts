// Who listens on a port: from the tables of the kernel, and for a real listener of this process.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { findPortHolder, hasArgument, listeningSockets } from '../../../src/cli/doctor/port-holder.ts';
import { isOfMemory } from '../../../src/cli/doctor/port-standing.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const row = (local: string, state: string, inode: number): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0`;

it('reads listening sockets only, of that port alone', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    row('0100007F:4965', '0A', 11),
    row('0100007F:4965', '01', 12),
    row('0100007F:4966', '0A', 13),
    row('00000000000000000000000001000000:4965', '0A', 14),
  ].join('\n');
  expect(listeningSockets(table, 18_789)).toEqual(['11', '14']);
  expect(listeningSockets('', 18_789)).toEqual([]);
});

it('finds nothing where there is nothing to look at', () => {
  expect(findPortHolder(18_789, tempFolder())).toBeUndefined();
});

it('says of a gateway whether it keeps everything in memory', () => {
  const proc = tempFolder();
  for (const name of ['net', '7', '8']) mkdirSync(join(proc, name));
  writeFileSync(join(proc, '7/cmdline'), 'node\0main.js\0gateway\0run\0--ephemeral\0');
  writeFileSync(join(proc, '8/cmdline'), 'node\0main.js\0gateway\0run\0');
  writeFileSync(join(proc, 'net/tcp'), `of users\n${row('0100007F:4965', '0A', 11)}\n`);
  const holder = (pid: number) => ({ pid, program: 'node' });
  expect(hasArgument(9, '--ephemeral', proc)).toBeUndefined();
  expect(isOfMemory(18_789, holder(7), 1000, proc)).toBe(true);
  expect(isOfMemory(18_789, holder(8), 0, proc)).toBe(false);
  // Hidden: then it counts whose it is, which is root's in the table.
  expect(isOfMemory(18_789, undefined, 0, proc)).toBe(true);
  expect(isOfMemory(18_789, holder(9), 1000, proc)).toBe(false);
  expect(isOfMemory(18_790, undefined, 0, proc)).toBe(false);
});

it.runIf(process.platform === 'linux')('finds the process', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  expect(findPortHolder(port)).toEqual({ pid: process.pid, program: 'node' });
});
