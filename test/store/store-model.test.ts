// Random walks over a real store by several processes that log in, refresh, crash, log out and put back backups, against
// a model of what must come of it.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { propertyRuns, propertyTimeoutMs } from '../support/property-runs.ts';
import { closeAll, createRealStore, storeSteps } from '../support/store-commands.ts';
import { createStoreModel } from '../support/store-model.ts';
import { tempFolder } from '../support/temp-folder.ts';

it(
  'a store does what its model says, whatever is done to it and by whom',
  { timeout: propertyTimeoutMs(60_000) },
  async () => {
    const root = tempFolder();
    let walks = 0;
    let steps = 0;
    await fc.assert(
      fc.asyncProperty(fc.commands(storeSteps, { maxCommands: 60, size: 'max' }), async (commands) => {
        walks += 1;
        const folder = join(root, `walk-${walks}`);
        mkdirSync(folder);
        const real = createRealStore(folder);
        const model = createStoreModel();
        try {
          await fc.asyncModelRun(() => ({ model, real }), commands);
          steps += model.changes;
        } finally {
          closeAll(real);
          rmSync(folder, { recursive: true });
        }
      }),
      { numRuns: propertyRuns(28) },
    );
    // A walk that changes nothing would prove nothing.
    expect(steps).toBeGreaterThan(walks);
  },
);
