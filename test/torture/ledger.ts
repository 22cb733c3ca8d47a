// From the events of a run to its verdict: what was counted, and every rule that was broken, with its evidence. Pure.
// Only a kill or a lost answer between the server's work and the commit excuses a spent token or a lost login.
import type { EventOf, TortureEvent } from './events.ts';
import { readHistory, type History, type RefreshRequest } from './history.ts';
import { lengthOutside } from './intervals.ts';
import { longestStalls, type Stalls } from './stalls.ts';
import { doomOf, killWindow, killWindows, lossWindows, type KillWindow, type LossWindow } from './windows.ts';

export type Limits = {
  /** The longest net wait for a token. */
  readonly stallMs: number;
  /** How long after a newer token was stored a process that runs may still hand out the older one. */
  readonly graceMs: number;
};

export type Verdict = {
  readonly kills: Readonly<Record<KillWindow, number>>;
  readonly aimedKills: number;
  readonly stops: number;
  readonly stopsOfHolders: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly clockJumps: number;
  readonly requests: number;
  readonly refreshes: number;
  readonly adoptions: number;
  readonly logins: number;
  readonly lost: Readonly<Record<LossWindow | 'unexplained', number>>;
  readonly reuses: { readonly explained: number; readonly unexplained: number };
  readonly overlaps: number;
  readonly stalls: Stalls;
  /** Of a token that was handed out after a newer one had been stored, without the process's own stops. */
  readonly oldestLeaseMs: number;
  /** The latest that a timer of the supervisor came: a machine this busy makes everybody wait. */
  readonly machineLateMs: number;
  /** Empty when all is well. */
  readonly violations: readonly string[];
};

/** What a lease may fail with while servers fail and logins are lost; PENDING: not yet answered. */
const expectedCodes = new Set(['PENDING', 'REFRESH_FAILED', 'LOGIN_DEAD', 'TOKEN_REFUSED']);

export function judge(events: readonly TortureEvent[], limits: Limits): Verdict {
  const history = readHistory(events);
  const violations: string[] = [];
  const broken = (atMs: number, text: string): void => {
    const startMs = history.events[0]?.atMs ?? 0;
    violations.push(`at ${((atMs - startMs) / 1000).toFixed(3)} s: ${text}`);
  };
  const reuses = judgeReuses(history, broken);
  const lost = judgeLosses(history, broken);
  const overlaps = judgeOverlaps(history, broken);
  judgeGenerations(history, broken);
  const oldestLeaseMs = judgeLeases(history, limits.graceMs, broken);
  judgeProcesses(history, broken);
  judgeServerCount(history, reuses.explained + reuses.unexplained, broken);
  const stalls = longestStalls(history);
  if ((stalls.longest?.netMs ?? 0) > limits.stallMs) {
    const { pid, fromMs, netMs, rawMs } = stalls.longest ?? { pid: 0, fromMs: 0, netMs: 0, rawMs: 0 };
    broken(fromMs, `process ${pid} waited ${netMs.toFixed(0)} ms for a token (raw ${rawMs.toFixed(0)} ms)`);
  }
  const stops = history.of('stopped');
  const kills = history.of('killed');
  return {
    kills: countBy(
      killWindows,
      kills.map((kill) => killWindow(kill, history)),
    ),
    aimedKills: kills.filter(({ aimed }) => aimed).length,
    stops: stops.length,
    stopsOfHolders: stops.filter(({ holds }) => holds).length,
    faults: Object.fromEntries(
      Object.entries(Object.groupBy(history.of('fault'), ({ name }) => name)).map(([name, all]) => [
        name,
        all?.length ?? 0,
      ]),
    ),
    clockJumps: history.of('clock').length,
    requests: history.requests.length,
    refreshes: history.requests.filter(({ result }) => typeof result === 'object').length,
    adoptions: countAdoptions(history),
    logins: history.logins.length,
    lost,
    reuses,
    overlaps,
    stalls,
    oldestLeaseMs,
    machineLateMs: Math.max(0, ...history.of('machine').map(({ lateMs }) => lateMs)),
    violations,
  };
}

type Broken = (atMs: number, text: string) => void;

function countBy<Name extends string>(names: readonly Name[], found: readonly Name[]): Record<Name, number> {
  const counts = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  for (const name of found) counts[name] += 1;
  return counts;
}

const who = ({ id, sent }: RefreshRequest): string => `request ${id} with token ${sent}`;

/** Every request that was refused: the token was spent, by whom, and had nobody been told yet? */
function judgeReuses(history: History, broken: Broken): { explained: number; unexplained: number } {
  const counts = { explained: 0, unexplained: 0 };
  for (const request of history.requests) {
    if (request.result !== 'refused') continue;
    const atMs = request.processedAtMs ?? request.arrivedAtMs;
    const token = history.tokens.get(request.sent);
    const fault = faultOfReuse(request, token, history);
    if (fault !== undefined) broken(atMs, `${who(request)}: ${fault}`);
    if (token?.spentBy === undefined) continue;
    counts[fault === undefined ? 'explained' : 'unexplained'] += 1;
  }
  return counts;
}

function faultOfReuse(
  request: RefreshRequest,
  token: { spentBy: RefreshRequest | undefined; refusals: readonly RefreshRequest[] } | undefined,
  history: History,
): string | undefined {
  if (token === undefined) return 'the server never issued it';
  if (token.spentBy === undefined) return 'a token that was good was refused';
  if (doomOf(token.spentBy, history) === undefined) {
    return `spent before by ${token.spentBy.id}, which was neither killed nor left without an answer`;
  }
  const earlier = token.refusals.slice(0, token.refusals.indexOf(request));
  const heard = earlier.find((former) => wasHeard(former, history));
  return heard === undefined ? undefined : `presented again after ${heard.id} had been told that it is dead`;
}

/** Whether the one who was refused lived to hear it and to write it down. */
function wasHeard(request: RefreshRequest, history: History): boolean {
  if (request.how !== 'answered') return false;
  const kill = history.kills.get(request.pid);
  return kill === undefined || kill.atMs < request.arrivedAtMs || kill.dead || kill.stored !== request.sent;
}

/** Each login that the store calls dead: because of which kill or fault, and does it say so? */
function judgeLosses(history: History, broken: Broken): Record<LossWindow | 'unexplained', number> {
  const counts = countBy<LossWindow | 'unexplained'>([...lossWindows, 'unexplained'], []);
  const seen = new Set<string>();
  for (const { atMs, refresh, dead } of history.of('stored')) {
    if (dead === undefined || seen.has(refresh)) continue;
    seen.add(refresh);
    const token = history.tokens.get(refresh);
    const doom = token?.spentBy === undefined ? undefined : doomOf(token.spentBy, history);
    counts[doom?.window ?? 'unexplained'] += 1;
    if (doom === undefined)
      broken(atMs, `the login with token ${refresh} was lost without a reason: ${dead}`);
    else if (!namesCause(doom.window, dead)) {
      broken(atMs, `a login lost because it was ${doom.window} says only: ${dead}`);
    }
    if (token?.refusals.some((request) => request.arrivedAtMs < atMs) !== true) {
      broken(atMs, `the login with token ${refresh} was called dead before the server had said so`);
    }
  }
  return counts;
}

function namesCause(window: LossWindow, reason: string): boolean {
  const namesCrash = /cut off/.test(reason);
  // Whoever tried after a lost answer may have been killed in turn: both are true of it then.
  return window === 'answer lost by the server' ? namesCrash || /no usable answer/.test(reason) : namesCrash;
}

/** Two refreshes in flight at once. One whose sender was killed is over for the sender from then on. */
function judgeOverlaps(history: History, broken: Broken): number {
  let overlaps = 0;
  let open: { request: RefreshRequest; untilMs: number }[] = [];
  for (const request of history.requests) {
    open = open.filter(({ untilMs }) => untilMs > request.arrivedAtMs);
    for (const { request: former } of open) {
      overlaps += 1;
      broken(request.arrivedAtMs, `${who(request)} arrived while ${who(former)} was in flight`);
    }
    const killedAtMs = history.kills.get(request.pid)?.atMs ?? Infinity;
    open.push({ request, untilMs: Math.min(request.endedAtMs ?? Infinity, killedAtMs) });
  }
  return overlaps;
}

function judgeGenerations(history: History, broken: Broken): void {
  let newest = 0;
  const tokenOf = new Map<number, string>();
  const check = (atMs: number, generation: number, access: string, source: string): void => {
    const known = tokenOf.get(generation) ?? access;
    tokenOf.set(generation, known);
    if (known !== access) broken(atMs, `generation ${generation} is both ${known} and ${access} (${source})`);
  };
  for (const { atMs, generation, access } of history.of('stored')) {
    if (generation < newest) broken(atMs, `the stored generation fell from ${newest} to ${generation}`);
    newest = Math.max(newest, generation);
    check(atMs, generation, access, 'the store');
  }
  const newestOf = new Map<number, number>();
  for (const { atMs, pid, generation, access } of history.of('leased')) {
    const former = newestOf.get(pid) ?? 0;
    if (generation < former)
      broken(atMs, `process ${pid} went back from generation ${former} to ${generation}`);
    newestOf.set(pid, Math.max(former, generation));
    check(atMs, generation, access, `process ${pid}`);
  }
}

/** Returns the greatest age of a token that was handed out after a newer one had been stored. */
function judgeLeases(history: History, graceMs: number, broken: Broken): number {
  let oldestMs = 0;
  const stored = history.of('stored');
  for (const { atMs, pid, access, generation } of history.of('leased')) {
    const issuedAtMs = history.access.get(access);
    if (issuedAtMs === undefined || issuedAtMs > atMs) {
      broken(atMs, `process ${pid} was given token ${access}, which the server had not issued`);
    }
    const superseded = stored.find((event) => event.generation > generation);
    if (superseded === undefined || superseded.atMs >= atMs) continue;
    const span = { fromMs: superseded.atMs, toMs: atMs };
    const ageMs = lengthOutside(span, history.stops.get(pid) ?? []);
    oldestMs = Math.max(oldestMs, ageMs);
    if (ageMs > graceMs) {
      broken(
        atMs,
        `process ${pid} was given generation ${generation}, ${ageMs.toFixed(0)} ms after a newer one`,
      );
    }
  }
  return oldestMs;
}

function judgeProcesses(history: History, broken: Broken): void {
  for (const { atMs, pid, detail } of history.of('exited')) broken(atMs, `process ${pid} ended: ${detail}`);
  for (const { atMs, pid, code, message } of history.of('lease_failed')) {
    if (!expectedCodes.has(code)) broken(atMs, `a lease of process ${pid} failed: ${code} ${message}`);
  }
  for (const { atMs, pid, ok, detail } of history.of('finished')) {
    if (!ok) broken(atMs, `process ${pid} did not recover: ${detail}`);
  }
  for (const event of history.of('processed')) {
    if (event.result === 'other') broken(event.atMs, `request ${event.request} got no OAuth answer`);
  }
}

function judgeServerCount(history: History, seen: number, broken: Broken): void {
  for (const { atMs, reuses, broken: rules } of history.of('server_count')) {
    if (reuses !== seen)
      broken(atMs, `the server counted ${reuses} reuses, and ${seen} were seen at its door`);
    for (const rule of rules) broken(atMs, `the server was spoken to against its protocol: ${rule}`);
  }
}

/** Processes that went on with a token which another one had brought. */
function countAdoptions(history: History): number {
  const bringers = new Map<string, number>();
  for (const { result, pid } of history.requests) {
    if (typeof result === 'object') bringers.set(result.access, pid);
  }
  const last = new Map<number, number>();
  return history.of('leased').filter((lease: EventOf<'leased'>) => {
    const isNew = last.has(lease.pid) && last.get(lease.pid) !== lease.generation;
    last.set(lease.pid, lease.generation);
    const bringer = bringers.get(lease.access);
    return isNew && bringer !== undefined && bringer !== lease.pid;
  }).length;
}
