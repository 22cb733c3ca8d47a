// One device flow, at servers that nobody here wrote as well as at the simulator, with every fault that a network has.
// OPENCLAW_TEST_TABLE=1 prints what a person sees of each fault. All clocks in this process are one, and it runs ahead.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { awaitApproval, startDeviceLogin } from '../../src/oauth/device-flow.ts';
import { createOAuthClient, type OAuthClient } from '../../src/oauth/oauth-client.ts';
import { systemRandom } from '../../src/platform/random.ts';
import {
  astrayFaults,
  openFaultDoor,
  wireFaults,
  type DoorFault,
  type FaultDoor,
} from '../support/fault-door.ts';
import { createHeldClock } from '../support/held-clock.ts';
import { startBetterAuth, startOidcProvider, startSimulator, type DeviceServer } from './device-servers.ts';

const realNowMs = Date.now();
const clock = createHeldClock(realNowMs, (nowMs) => vi.setSystemTime(nowMs));

const servers: readonly [name: string, start: () => Promise<DeviceServer>][] = [
  ['simulator, account', () => startSimulator(clock, 'account')],
  ['simulator, account-cli', () => startSimulator(clock, 'account-cli')],
  ['simulator, legacy', () => startSimulator(clock, 'legacy')],
  ['oidc-provider', () => startOidcProvider()],
  ['better-auth', () => startBetterAuth()],
];

const faults: readonly DoorFault[] = [...wireFaults, ...astrayFaults];
/** At the start these are answers: the server's own word, or a redirect that the caller decides about. */
const finalAtStart = new Map<DoorFault, string>([
  ['slow_down', 'error'],
  ['captive portal, a redirect', 'redirected'],
]);

/** A start is tried for a minute, which is two requests without an answer; and a wrong date is no trouble. */
const onceAtStart = new Set<DoorFault>(['hang', 'dripping body', 'wrong Date']);

/** fault -> place -> what is said, and where it went through. */
type Row = { said: Set<string>; servers: Map<string, string> };
const table = new Map<string, Row>();

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: realNowMs });
  // oidc-provider's advice about what a server for the public should not do.
  for (const method of ['info', 'warn'] as const) vi.spyOn(console, method).mockReturnValue();
});
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  if (process.env['OPENCLAW_TEST_TABLE'] === '1') printTable();
});

describe.each(servers)('%s', (name, start) => {
  let server: DeviceServer;
  let door: FaultDoor;
  beforeAll(async () => {
    server = await start();
    door = await openFaultDoor(server.url, () => clock.passToNextTimer());
  });
  beforeEach(() => {
    expect(clock.timerCount()).toBe(0);
  });
  afterEach(() => {
    expect(server.complaints()).toEqual([]);
  });
  afterAll(async () => {
    await door.close();
    await server.stop();
  });

  function clientHere(): OAuthClient {
    return createOAuthClient({
      dialect: server.dialect(door.url),
      clientId: server.clientId,
      fetch: server.adapt(door.fetch),
      clock,
      random: systemRandom,
      allowLoopbackHttp: true,
    });
  }

  /** A whole login; the person decides once every fault is over, and `atPoll` polls were answered. */
  async function logIn(decision: 'approve' | 'deny', atPoll: number, change: { intervalMs?: number } = {}) {
    const client = clientHere();
    const said: { place: 'start' | 'poll'; text: string }[] = [];
    const { signal } = new AbortController();
    const deps = { clock, random: systemRandom, host: new URL(door.url).host };
    const started = await startDeviceLogin(
      {
        ...deps,
        client: { startDevice: (scope, stop) => clock.hold(() => client.startDevice(scope, stop)) },
        onState: ({ reason }) => said.push({ place: 'start', text: reason }),
      },
      server.scope,
      signal,
    );
    if (started.kind !== 'pending') return { started, said };
    const polledAtMs: number[] = [];
    const outcome = await awaitApproval(
      {
        ...deps,
        client: {
          poll: (login, stop) =>
            clock.hold(async () => {
              polledAtMs.push(clock.monotonicMs());
              if (polledAtMs.length === atPoll) await server[decision](login.userCode);
              return client.poll(login, stop);
            }),
        },
        onState(state) {
          if (state.kind === 'trouble') said.push({ place: 'poll', text: state.reason });
          if (state.kind === 'slowed')
            said.push({ place: 'poll', text: 'the server asked for a slower pace' });
        },
      },
      { ...started, ...change },
      signal,
    ).then(
      (grant) => ({ code: 'ok', token: grant.accessToken.reveal() }),
      (error: Error & { code?: string }) => ({ code: error.code ?? error.message, token: '' }),
    );
    const gapsMs = polledAtMs.slice(1).map((at, index) => at - (polledAtMs[index] ?? 0));
    return { started, said, outcome, gapsMs };
  }

  it('D10 D13: logs in, with the code as the server wrote it', async () => {
    const { started, outcome, said } = await logIn('approve', 3);
    expect(started).toMatchObject({ kind: 'pending' });
    expect(outcome?.token).toMatch(/^[\x21-\x7e]{8,}$/);
    expect(said).toEqual([]);
  });

  it('D4: a login that is declined ends at once', async () => {
    const { outcome, gapsMs } = await logIn('deny', 2);
    expect(outcome?.code).toBe('LOGIN_DENIED');
    expect(gapsMs).toHaveLength(1);
  });

  it('D5: a code that nobody approves ends once, by the clock', async () => {
    const { outcome, said } = await logIn('approve', 100_000);
    expect(outcome?.code).toBe('LOGIN_EXPIRED');
    expect(said).toEqual([]);
  });

  it.each(faults)('D3 D9: %s, once and three times, at the start and while polling', async (fault) => {
    for (const times of [1, 3]) {
      const isFinal = finalAtStart.get(fault);
      if (isFinal !== undefined) {
        door.add(server.devicePath, fault, 1);
        const { started } = await logIn('approve', 1);
        expect(started.kind).toBe(isFinal);
        note('start', fault, [describeEnd(started)], name, 'told at once');
      } else door.add(server.devicePath, fault, onceAtStart.has(fault) ? 1 : times);
      door.add(server.tokenPath, fault, times);
      const { outcome, said, gapsMs } = await logIn('approve', times + 2);
      expect(outcome?.code).toBe('ok');
      expect(door.waiting()).toBe(0);
      // The interval of each server is at least two seconds, and the margin is a fifth of it.
      for (const gapMs of gapsMs ?? []) expect(gapMs).toBeGreaterThanOrEqual(2_400);
      const words = (place: string) => said.filter((each) => each.place === place).map(({ text }) => text);
      for (const { text } of said) expect(text).not.toMatch(/canary|user:/);
      if (fault !== 'wrong Date') expect(words('poll')).toHaveLength(times);
      if (isFinal === undefined) note('start', fault, words('start'), name, 'logged in');
      note('poll', fault, words('poll'), name, 'logged in');
    }
  });

  it('D2: polled too fast, the server asks for a slower pace, and that is kept', async () => {
    const { outcome, said, gapsMs } = await logIn('approve', 4, { intervalMs: 1_000 });
    expect(outcome?.code).toBe('ok');
    server.forget();
    expect(new Set(said.map(({ text }) => text))).toEqual(new Set(['the server asked for a slower pace']));
    // One server adds five seconds on its side too, to an interval that was longer already.
    expect(gapsMs).toEqual([1_200, 7_200, said.length === 1 ? 7_200 : 13_200]);
  });

  it('D3: a server that stays away is told of while its code is waited for, for a minute', async () => {
    door.add(server.devicePath, '503', 1_000);
    const startedMs = clock.monotonicMs();
    await expect(logIn('approve', 1)).rejects.toMatchObject({
      code: 'PORTAL_UNREACHABLE',
      message: expect.stringContaining('HTTP 503'),
    });
    expect(clock.monotonicMs() - startedMs).toBeLessThanOrEqual(60_000);
    expect(1_000 - door.waiting()).toBeGreaterThan(5);
    await drain();
  });

  it('D12: hangs until the code ends, and ends with it', async () => {
    door.add(server.tokenPath, 'hang', 1_000);
    const { outcome } = await logIn('approve', 1);
    expect(outcome?.code).toBe('LOGIN_EXPIRED');
    await drain();
  });

  async function drain(): Promise<void> {
    await door.close();
    door = await openFaultDoor(server.url, () => clock.passToNextTimer());
  }
});

function describeEnd(started: { kind: string }): string {
  return started.kind === 'redirected' ? 'PORTAL_REDIRECTED' : 'LOGIN_REJECTED';
}

function note(place: string, fault: string, said: readonly string[], server: string, end: string): void {
  const key = `${fault}|${place}`;
  const row = table.get(key) ?? { said: new Set(), servers: new Map() };
  for (const text of said) row.said.add(text.replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>'));
  row.servers.set(server, end);
  table.set(key, row);
}

function printTable(): void {
  const cell = (fault: string, place: string): string => {
    const row = table.get(`${fault}|${place}`);
    return row === undefined || row.said.size === 0 ? 'nothing' : [...row.said].join('; ');
  };
  const names = servers.map(([name]) => name);
  const lines = [
    `| fault, once and three times | seen at the start | seen while polling | ${names.join(' | ')} |`,
    `|---|---|---|${names.map(() => '---|').join('')}`,
    ...faults.map((fault) => {
      const ends = names.map((name) => table.get(`${fault}|poll`)?.servers.get(name) ?? 'failed');
      return `| ${fault} | ${cell(fault, 'start')} | ${cell(fault, 'poll')} | ${ends.join(' | ')} |`;
    }),
  ];
  process.stdout.write(`\n${lines.join('\n')}\n`);
}
