// What a gateway says of itself and what its log holds at that moment.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createGatewayLife } from '../../src/cli/gateway-life.ts';
import { gatewayFiles, readRecord } from '../../src/cli/gateway-record.ts';
import { createJsonLog } from '../../src/platform/json-log.ts';
import { createFakeContext } from '../support/fake-context.ts';
import { tempFolder } from '../support/temp-folder.ts';

it('whoever is told that it serves, or has ended, finds its log written up to there, and with which keys it serves', async () => {
  const files = gatewayFiles(join(tempFolder(), 'gateway'));
  let written = '';
  const log = createJsonLog({ destination: { write: (lines) => (written += lines) } });
  const ending = new AbortController();
  const { context } = createFakeContext({ signal: ending.signal });
  const told: string[][] = [];
  const keys = ['minimax'];
  const life = createGatewayLife({
    context,
    log,
    files,
    options: { logFile: true },
    launcher: {
      welcome: { mode: 'background', canAsk: false },
      ask: undefined,
      takeSocket: () => Promise.reject(new Error('there is none')),
      tell: async ({ type }) => void told.push([type, written]),
      close: () => undefined,
    },
    isListed: true,
    keyProviders: () => [...keys],
    passphrase: () => undefined,
  });
  const serving = {
    port: 1,
    gateway: {
      listen: () => Promise.reject(new Error('it listens')),
      address: () => undefined,
      listener: () => undefined,
      drain: async () => 0,
      handOver: async () => 0,
      setToken: () => undefined,
      close: async () => undefined,
      activeRequests: () => 0,
    },
    async stop() {
      log.info('gateway draining');
      return { isSaved: true, cutRequests: 0 };
    },
    handOver: () => Promise.reject(new Error('nobody takes over')),
  };
  const url = 'http://127.0.0.1:1';

  await life.begin(url);
  log.info('gateway listening');
  await life.announce(serving, url);
  expect(told).toEqual([['ready', expect.stringContaining('"event":"gateway listening"')]]);

  expect(readRecord(files.record)).toMatchObject({ state: 'ready', keyProviders: ['minimax'] });
  keys.push('anthropic');
  life.settingsChanged();
  expect(readRecord(files.record)?.keyProviders).toEqual(['minimax', 'anthropic']);

  ending.abort();
  expect(await life.untilEnd(serving, () => undefined)).toBe(0);
  expect(readRecord(files.record)?.state).toBe('stopped');
  expect(written).toContain('"event":"gateway draining"');
  life.close();
});
