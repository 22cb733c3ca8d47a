// What a server was last seen to have, as a file: so that its models are known at once in the next process, also while the
// server is off. Holds no key. May be lost: what cannot be read or written is told, and costs one question.
import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod/mini';
import { readTextFile } from '../config/load.ts';
import { toOpenClawError } from '../errors.ts';
import type { Log } from '../platform/log.ts';
import { cleanText } from '../platform/text.ts';
import type { ModelDefinition } from '../plugin-sdk/index.ts';

export type SeenModels = {
  readonly baseUrl: string;
  /** Wall time of the server's answer. */
  readonly atMs: number;
  readonly models: readonly ModelDefinition[];
};

const price = z.number().check(z.nonnegative());
const tokens = z.int().check(z.positive());
const shape = z.object({
  baseUrl: z.string(),
  atMs: z.number(),
  models: z.array(
    z.object({
      id: z.string().check(
        z.minLength(1),
        z.refine((id) => cleanText(id) === id),
      ),
      name: z.string(),
      reasoning: z.boolean(),
      input: z.array(z.enum(['text', 'image'])),
      cost: z.object({ input: price, output: price, cacheRead: price, cacheWrite: price }),
      contextWindow: tokens,
      maxTokens: tokens,
    }),
  ),
});

/** undefined when there is none, or none that can be read. */
export function readSeenModels(file: string, log: Log): SeenModels | undefined {
  try {
    const text = readTextFile(file);
    return text === undefined ? undefined : shape.parse(JSON.parse(text));
  } catch (error) {
    log.debug('seen_models_unreadable', { reason: cleanText(toOpenClawError(error).message) });
    return undefined;
  }
}

export function writeSeenModels(file: string, seen: SeenModels, log: Log): void {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, JSON.stringify(seen), { mode: 0o600, flag: 'wx' });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    log.debug('seen_models_not_kept', { reason: cleanText(toOpenClawError(error).message) });
  }
}
