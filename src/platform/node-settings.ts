// How Node is set for a process that serves requests for as long as a machine is up: one speed, and little memory.
import { setFlagsFromString } from 'node:v8';

/** The V8 of Node 24, where this was measured; another one has to be measured anew. */
const measuredV8 = /^13\./;

/**
 * Turns off Maglev, V8's middle compiler, for what is not compiled yet: to be called first of all. In about one process of
 * three, what it hands on to the optimising compiler keeps the objects of finished requests alive, each through the one
 * before it: the collector of young objects then moves a third of all that is allocated into the old heap, and the process
 * spends half as much time again on each request until it ends. Without Maglev none of that happens, at the same speed.
 * docs/performance.md has the figures.
 */
export function keepSteadyCompiler(): void {
  if (measuredV8.test(process.versions.v8)) setFlagsFromString('--no-maglev');
}

/**
 * For a Node that is started for a gateway: its room for new objects stays at 3 × 8 MB, and is not taken up to 3 × 32 MB
 * under load and then kept. It costs no measurable speed.
 */
const newObjects = '--max-semi-space-size';

/** `present`: the arguments that this Node was started with, which the next one gets too; what a person chose stays. */
export function nodeArgsOfGateway(present: readonly string[] = []): string[] {
  const isChosen = present.some((arg) => arg.startsWith(newObjects));
  return isChosen ? [...present] : [...present, `${newObjects}=8`];
}
