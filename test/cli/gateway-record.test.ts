// Who serves a state folder, by its lock and its record, where the disk is full or the files are not what they were.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimGateway, findGateway, gatewayFiles, type GatewayFiles } from '../../src/cli/gateway-record.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { gatewayRecord } from '../support/claimed-gateway.ts';
import { mountSmallDisk, noSmallDisk } from '../support/small-disk.ts';
import { tempFolder } from '../support/temp-folder.ts';

const options = { clock: systemClock, timeoutMs: 100 };

const record = gatewayRecord({ mode: 'background', state: 'starting' });

function folder(): GatewayFiles {
  const files = gatewayFiles(join(tempFolder(), 'gateway'));
  mkdirSync(files.folder);
  return files;
}

describe.skipIf(noSmallDisk() !== undefined)('on a full disk', () => {
  it('the lock is taken, and the record goes on telling who it is', async (context) => {
    const files = folder();
    const disk = mountSmallDisk(files.folder, 64);
    if (typeof disk === 'string') return context.skip(disk);
    const first = await claimGateway(files, record, options);
    disk.fill();
    first?.update({ state: 'ready', restartError: 'x'.repeat(500) });
    expect((await findGateway(files, systemClock)).running).toMatchObject({
      state: 'ready',
      restartsTried: 0,
    });
    first?.update({ restartError: null, restartsTried: 2 });
    expect((await findGateway(files, systemClock)).running).toMatchObject({
      restartError: null,
      restartsTried: 2,
    });
    first?.release();

    const next = await claimGateway(files, { ...record, version: '2.0.0' }, options);
    expect((await findGateway(files, systemClock)).running).toMatchObject({ version: '2.0.0' });
    next?.update({ state: 'stopped' });
    next?.release();
    expect(await findGateway(files, systemClock)).toMatchObject({ last: { state: 'stopped' } });
    expect(readdirSync(files.folder).sort()).toEqual(['filler', 'gateway.json', 'gateway.lock']);
  });

  it('one that has no room for its first record says so, and holds no lock', async (context) => {
    const files = folder();
    const disk = mountSmallDisk(files.folder, 64);
    if (typeof disk === 'string') return context.skip(disk);
    disk.fill();
    await expect(claimGateway(files, record, options)).rejects.toMatchObject({
      code: 'STORE_UNREADABLE',
      message: expect.stringContaining('ENOSPC'),
    });
    disk.free();
    const presence = await claimGateway(files, record, options);
    expect(presence).toBeDefined();
    presence?.release();
  });
});

describe('files that are something else', () => {
  it('a lock is named, and what to do with it', async () => {
    const files = folder();
    writeFileSync(files.lock, 'no database, and longer than its header would be'.repeat(20));
    const wanted = { code: 'STORE_UNREADABLE', remedy: expect.stringContaining(`remove ${files.lock}`) };
    await expect(claimGateway(files, record, options)).rejects.toMatchObject(wanted);
    await expect(findGateway(files, systemClock)).rejects.toMatchObject(wanted);
  });

  it('a record is named', async () => {
    const files = folder();
    mkdirSync(files.record);
    await expect(findGateway(files, systemClock)).rejects.toMatchObject({
      code: 'STORE_UNREADABLE',
      message: expect.stringContaining(files.record),
    });
  });
});
