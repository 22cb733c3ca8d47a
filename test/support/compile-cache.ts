// For the environment of a program of the tests that runs from its sources: Node keeps what it has compiled, and the
// next one starts in a third of the time.
import { join } from 'node:path';

export const compileCache = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/openclaw-tests-compiled'),
} as const;
