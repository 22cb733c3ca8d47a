// A folder under the system's temporary folder that goes away with the test that made it, searched for secrets before.
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { sweepFolder, type SweepOptions } from './canary-sweep.ts';

/** `mayHold`: what the test puts there on purpose. */
export function tempFolder(options: SweepOptions = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'openclaw-test-')));
  onTestFinished(() => {
    try {
      if (existsSync(folder)) sweepFolder(folder, options);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  return folder;
}
