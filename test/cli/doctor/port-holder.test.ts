// Who listens on a port: from the tables of the kernel, and for a real listener of this process.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { findPortHolder, listeningSockets } from '../../../src/cli/doctor/port-holder.ts';
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

it.runIf(process.platform === 'linux')('finds the process', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  expect(findPortHolder(port)).toEqual({ pid: process.pid, program: 'node' });
});
