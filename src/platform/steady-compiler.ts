// Makes a process that serves many requests keep one speed for as long as it lives.
import { setFlagsFromString } from 'node:v8';

/**
 * Turns off Maglev, V8's middle compiler, for what is not compiled yet: to be called first of all. In about one process of
 * three, what it hands on to the optimising compiler (V8 13.6) keeps the objects of finished requests alive, each through
 * the one before it: the collector of young objects then moves a third of all that is allocated into the old heap, and the
 * process spends half as much time again on each request until it ends. Without Maglev none of that happens, at the same
 * speed. docs/performance.md has the figures.
 */
export function keepSteadyCompiler(): void {
  setFlagsFromString('--no-maglev');
}
