// The newest generation that was ever committed for each login, in a small file beside the store's folder and not in it:
// a store that holds an older one was brought back from a copy. Raised after the commit, so that a crash leaves a mark
// behind the store and never ahead of it; a mark that cannot be read says nothing.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { toOpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';

export type HighWater = {
  /**
   * All marks of this moment; undefined for a login without one. To be taken before the store is read: whatever was
   * committed in between makes the store newer, and never the mark.
   */
  take(): (profileId: string) => number | undefined;
  /** Notes a generation that is committed. Never throws: a commit stands, whatever becomes of its mark. */
  raise(profileId: string, generation: number): void;
};

export function createHighWater(stateDir: string, warn: (message: string) => void): HighWater {
  const folder = join(stateDir, 'auth-high-water');

  const failed = (error: unknown): void =>
    warn(`The mark in ${cleanText(folder, 300)} could not be used: ${toOpenClawError(error).message}`);

  const takeAll = (): Map<string, number> => {
    const marks = new Map<string, number>();
    try {
      for (const name of readdirSync(folder)) {
        if (!/^[0-9a-f]{24}$/.test(name)) continue;
        const text = readFileSync(join(folder, name), 'latin1');
        if (/^\d{1,15}\n$/.test(text)) marks.set(name, Number(text));
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') failed(error);
    }
    return marks;
  };

  return {
    take() {
      const marks = takeAll();
      return (profileId) => marks.get(fileName(profileId));
    },
    raise(profileId, generation) {
      const name = fileName(profileId);
      const unfinished = join(folder, `${name}.${process.pid}`);
      try {
        if ((takeAll().get(name) ?? 0) >= generation) return;
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        rmSync(unfinished, { force: true });
        writeFileSync(unfinished, `${generation}\n`, { flag: 'wx', mode: 0o600 });
        renameSync(unfinished, join(folder, name));
      } catch (error) {
        failed(error);
      }
    },
  };
}

function fileName(profileId: string): string {
  return createHash('sha256').update(profileId).digest('hex').slice(0, 24);
}
