// The program that tests start: the bundle that `program-build.ts` has made for this run.
import { inject } from 'vitest';

export const programFile = (): string => inject('programFile');
