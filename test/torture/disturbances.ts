// What happens to the processes and the server apart from single requests: kills, stops, clocks that jump, outages.
// Each kind has its own seeded rhythm.
import type { Crew } from './crew.ts';
import type { TortureEvent } from './events.ts';
import type { Planner } from './plan.ts';
import type { SeededRandom } from './seeded-random.ts';
import { timelineMs } from './timeline.ts';

const hourMs = 3_600_000;
const clockOffsetsMs = [hourMs, -hourMs, 300_000, -300_000, 0, 0, 0];

/** Returns the function that ends it. */
export function startDisturbances(deps: {
  readonly random: SeededRandom;
  readonly crew: Crew;
  readonly planner: Planner;
  readonly record: (event: TortureEvent) => void;
}): () => void {
  const { random, crew, planner, record } = deps;
  const timers = new Set<NodeJS.Timeout>();

  const every = (lowMs: number, highMs: number, act: () => void): void => {
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        act();
        every(lowMs, highMs, act);
      },
      random.between(lowMs, highMs),
    );
    timers.add(timer);
  };
  const someone = (act: (pid: number) => void): void => {
    const pid = random.pick(crew.running());
    if (pid !== undefined) act(pid);
  };

  const everyKill = (act: (pid: number) => void): void =>
    every(1_000, 2_200, () => (planner.isKilling() ? someone(act) : undefined));

  everyKill((pid) => crew.kill(pid, false));
  everyKill((pid) => crew.send(pid, { kind: 'die_before_post', wanted: true }));
  every(300, 1_200, () => someone((pid) => crew.stop(pid, random.between(50, 1_500))));
  every(300, 1_000, () =>
    someone((pid) => {
      const offsetMs = random.pick(clockOffsetsMs) ?? 0;
      crew.send(pid, { kind: 'clock', offsetMs });
      record({ kind: 'clock', atMs: timelineMs(), pid, offsetMs });
    }),
  );
  every(2_500, 6_000, () => {
    const atMs = timelineMs();
    const untilMs = atMs + random.between(200, 1_500);
    planner.failUntil(untilMs);
    record({ kind: 'fault', atMs, untilMs, name: 'outage' });
  });
  return () => {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
  };
}
