// How Node is started for a process that serves requests for as long as a machine is up.

/**
 * The room for new objects stays at 3 × 8 MB, and is not taken up to 3 × 32 MB under load and then kept: a hundred megabytes
 * less after a million requests, at much the same speed. docs/performance.md has the figures.
 */
const newObjects = '--max-semi-space-size';

/** `present`: the arguments that this Node was started with, which the next one gets too; what a person chose stays. */
export function nodeArgsOfGateway(present: readonly string[] = []): string[] {
  const isChosen = present.some((arg) => arg.startsWith(newObjects));
  return isChosen ? [...present] : [...present, `${newObjects}=8`];
}
