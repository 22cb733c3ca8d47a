// Reads what `node --cpu-prof` writes: how long each function and each part of the program was on the CPU itself.
// Only what lies in given windows of the monotonic clock counts, so that start and warm-up are left out.

export type CpuProfile = {
  nodes: readonly {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
  }[];
  /** µs of the monotonic clock. */
  startTime: number;
  samples: readonly number[];
  timeDeltas: readonly number[];
};

/** µs of the same clock. */
export type Window = { fromUs: number; toUs: number };

/** µs by place. What waits for work is no place. */
export function selfTimes(
  profile: CpuProfile,
  windows: readonly Window[],
  placeOf: (frame: CpuProfile['nodes'][number]['callFrame']) => string | undefined,
): Map<string, number> {
  const places = new Map(profile.nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const sums = new Map<string, number>();
  let atUs = profile.startTime;
  for (const [index, id] of profile.samples.entries()) {
    // A delta is the time since the sample before: it belongs to what ran then.
    atUs += profile.timeDeltas[index] ?? 0;
    const place = places.get(id);
    const lasted = profile.timeDeltas[index + 1] ?? 0;
    if (place === undefined || !windows.some(({ fromUs, toUs }) => atUs >= fromUs && atUs < toUs)) continue;
    sums.set(place, (sums.get(place) ?? 0) + lasted);
  }
  return sums;
}

/** The part of the program that a function is of; undefined for idle time. */
export function partOf({ functionName, url }: CpuProfile['nodes'][number]['callFrame']): string | undefined {
  if (functionName === '(idle)') return undefined;
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (url === '') return 'native code: system calls, parser, digests';
  if (url.startsWith('node:')) return "Node's HTTP, streams and timers";
  const module = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (module !== undefined) return module;
  const own = /\/(src|extensions|bench)\/(.+)$/.exec(url);
  if (own === null) return 'other';
  const [, room = '', path = ''] = own;
  return room === 'src' ? `src/${path.split('/')[0] ?? ''}` : `${room}/${path}`;
}

/** `name file:line`; undefined for idle time. */
export function functionOf(frame: CpuProfile['nodes'][number]['callFrame']): string | undefined {
  const { functionName, url, lineNumber } = frame;
  if (functionName === '(idle)') return undefined;
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const file = url.replace(/^.*\/(node_modules|src|extensions|bench)\//, (_, room: string) =>
    room === 'node_modules' ? '' : `${room}/`,
  );
  return `${name} ${file}:${lineNumber + 1}`;
}
