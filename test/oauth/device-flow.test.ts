// The waiting of the device flow, on a clock that the test moves.
import { describe, expect, it } from 'vitest';
import { awaitApproval, backoff, type DeviceFlowDeps } from '../../src/oauth/device-flow.ts';
import type { DeviceFlowState } from '../../src/oauth/login-phase.ts';
import type { Grant, OAuthClient, PendingLogin } from '../../src/oauth/oauth-client.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeRandom } from '../support/fake-random.ts';

type Answer = Awaited<ReturnType<OAuthClient['poll']>>;

const grant: Grant = { accessToken: new Secret('at'), receivedAtMs: 0, extra: {} };
const granted: Answer = { kind: 'granted', grant };
const pending: Answer = { kind: 'error', error: 'authorization_pending' };
const slowDown: Answer = { kind: 'error', error: 'slow_down' };
const reset: Answer = { kind: 'trouble', reason: 'the connection was reset' };
const sentOn: Answer = { kind: 'redirected', location: new URL('http://login.hotel.example/') };

const login: PendingLogin = {
  deviceCode: 'd',
  userCode: 'ABCD-EFGH',
  verificationUrl: 'https://platform.minimax.io/oauth-authorize',
  codeVerifier: new Secret('v'),
  expiresInMs: 300_000,
  intervalMs: 5_000,
};

type Played = { expiresInMs?: number; forMs?: number; clock?: Playground; deps?: Partial<DeviceFlowDeps> };
type Playground = ReturnType<typeof createFakeClock> & { leap?: (byMs: number) => void };

function begin(answers: (Answer | ((signal?: AbortSignal) => Promise<Answer>))[], options: Played = {}) {
  const clock: Playground = options.clock ?? createFakeClock();
  const polledAtMs: number[] = [];
  const startMs = clock.monotonicMs();
  const states: DeviceFlowState[] = [];
  const stop = new AbortController();
  const work = awaitApproval(
    {
      client: {
        poll: (_, signal) => {
          polledAtMs.push(clock.monotonicMs() - startMs);
          const answer = answers.shift() ?? pending;
          return typeof answer === 'function' ? answer(signal) : Promise.resolve(answer);
        },
      },
      clock,
      random: createFakeRandom(0.5),
      host: 'account.minimax.io',
      onState: (state) => states.push(state),
      ...options.deps,
    },
    { ...login, expiresInMs: options.expiresInMs ?? login.expiresInMs },
    stop.signal,
  ).then(
    (value) => ({ value }),
    (error: Error & { code?: string }) => ({ error }),
  );
  return { clock, polledAtMs, states, stop, work };
}

async function play(answers: Parameters<typeof begin>[0], options: Played = {}) {
  const { clock, polledAtMs, states, work } = begin(answers, options);
  await clock.advance(options.forMs ?? 400_000);
  const outcome = await work;
  expect(clock.timerCount()).toBe(0);
  return { outcome, polledAtMs, states };
}

const gaps = (times: number[]): number[] => times.map((time, index) => time - (times[index - 1] ?? 0));
const codeOf = (outcome: object): unknown => 'error' in outcome && (outcome.error as { code?: string }).code;
const messageOf = (outcome: object): string => ('error' in outcome ? (outcome.error as Error).message : '');

/** A server that never answers; its request ends when it is told to. */
const hang = (signal?: AbortSignal): Promise<Answer> =>
  new Promise((_, reject) =>
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );

describe('polling', () => {
  it('D9: waits the interval with a margin of a fifth, start to start, and ends with the grant', async () => {
    const { outcome, polledAtMs } = await play([pending, pending, granted]);
    expect(outcome).toEqual({ value: grant });
    expect(gaps(polledAtMs)).toEqual([6_000, 6_000, 6_000]);
  });

  it('D9: counts from start to start, whatever an answer takes, and never two at once', async () => {
    const clock = createFakeClock();
    let running = 0;
    const slow = (delayMs: number, answer: Answer) => async (): Promise<Answer> => {
      expect((running += 1)).toBe(1);
      await new Promise<void>((resolve) => clock.setTimer(resolve, delayMs));
      running -= 1;
      return answer;
    };
    const { polledAtMs } = await play(
      [slow(4_000, pending), slow(20_000, pending), slow(100, pending), granted],
      { clock },
    );
    expect(gaps(polledAtMs)).toEqual([6_000, 6_000, 20_000, 6_000]);
  });

  it('D2: adds 5 s for every slow_down, for good', async () => {
    const { polledAtMs, states } = await play([slowDown, pending, slowDown, pending, granted]);
    expect(gaps(polledAtMs)).toEqual([6_000, 12_000, 12_000, 18_000, 18_000]);
    expect(states.filter((state) => state.kind === 'slowed')).toHaveLength(2);
  });

  it('D2: a storm of slow_down slows each time, and the last pace outlives trouble', async () => {
    const storm = Array.from({ length: 4 }, () => slowDown);
    const { outcome, polledAtMs } = await play([...storm, reset, pending, granted]);
    expect(outcome).toEqual({ value: grant });
    expect(gaps(polledAtMs)).toEqual([6_000, 12_000, 18_000, 24_000, 30_000, 33_000, 30_000]);
  });

  it('D3: lives through trouble with growing pauses and goes back to the interval', async () => {
    const { outcome, polledAtMs, states } = await play([reset, reset, reset, pending, granted]);
    expect(outcome).toEqual({ value: grant });
    expect(gaps(polledAtMs)).toEqual([6_000, 6_600, 13_200, 26_400, 6_000]);
    expect(states.filter((state) => state.kind === 'trouble')).toHaveLength(3);
  });

  it('D3: waits from the end of a request that got no answer, as it says', async () => {
    const clock = createFakeClock();
    const late = async (): Promise<Answer> => {
      await new Promise<void>((resolve) => clock.setTimer(resolve, 30_000));
      return { kind: 'trouble', reason: 'no answer within 30 s' };
    };
    const { polledAtMs, states } = await play([late, granted], { clock });
    expect(gaps(polledAtMs)).toEqual([6_000, 36_600]);
    expect(states).toContainEqual(
      expect.objectContaining({ kind: 'trouble', retryInMs: expect.closeTo(6_600) as number }),
    );
  });

  it('D3: honours Retry-After when it is longer', async () => {
    const { polledAtMs } = await play([
      { kind: 'trouble', reason: 'HTTP 503', retryAfterMs: 40_000 },
      granted,
    ]);
    expect(gaps(polledAtMs)).toEqual([6_000, 40_000]);
  });

  it('D3: never waits longer than a minute and a fifth between tries', () => {
    for (let troubles = 1; troubles < 40; troubles += 1) {
      expect(backoff(5_000, troubles, 0.999)).toBeLessThanOrEqual(72_000);
      expect(backoff(5_000, troubles, 0)).toBeGreaterThanOrEqual(6_000);
      // An interval that slow_down has raised above the ceiling is kept all the same.
      expect(backoff(85_000, troubles, 0)).toBeGreaterThanOrEqual(85_000);
    }
  });

  it('D3: makes one more try shortly before the end, however long the pauses have grown', async () => {
    const away = Array.from({ length: 5 }, () => reset);
    const { outcome, polledAtMs } = await play([...away, granted], { expiresInMs: 150_000 });
    expect(outcome).toEqual({ value: grant });
    expect(polledAtMs.at(-1)).toBe(145_000);
  });

  it('D3 K3: a redirect is not followed, is told with its host, and does not end the login', async () => {
    const { outcome, states } = await play([sentOn, sentOn, granted]);
    expect(outcome).toEqual({ value: grant });
    const told = states.filter((state) => state.kind === 'trouble');
    expect(told).toHaveLength(2);
    expect(told[0]?.reason).toContain('login.hotel.example');
  });

  it('D3: outlives an outage of a minute', async () => {
    const { outcome } = await play([reset, reset, reset, reset, granted]);
    expect(outcome).toEqual({ value: grant });
  });
});

describe('a login that another process began', () => {
  it.each([
    [0, [0, 6_000]],
    [2_500, [2_500, 8_500]],
  ])('D9: may be polled after %i ms first', async (notBeforeMs, expected) => {
    const { polledAtMs } = await play([pending, granted], { deps: { notBeforeMs } });
    expect(polledAtMs).toEqual(expected);
  });

  it('D2: tells the pace as each poll is sent, and when the server has slowed it', async () => {
    const told: [atMs: number, intervalMs: number][] = [];
    const clock = createFakeClock();
    const startMs = clock.monotonicMs();
    await play([pending, slowDown, granted], {
      clock,
      deps: { onPoll: ({ intervalMs }) => told.push([clock.monotonicMs() - startMs, intervalMs]) },
    });
    expect(told).toEqual([
      [6_000, 5_000],
      [12_000, 5_000],
      [12_000, 10_000],
      [24_000, 10_000],
    ]);
  });
});

describe('the end', () => {
  it.each([
    ['access_denied', 'LOGIN_DENIED'],
    ['expired_token', 'LOGIN_EXPIRED'],
    ['invalid_grant', 'LOGIN_EXPIRED'],
    ['invalid_client', 'LOGIN_REJECTED'],
    ['unauthorized_client', 'LOGIN_REJECTED'],
    ['invalid_request', 'LOGIN_REJECTED'],
    ['unsupported_grant_type', 'LOGIN_REJECTED'],
    ['server_error', 'LOGIN_REJECTED'],
    ['something_new', 'LOGIN_REJECTED'],
  ])('D4: %s ends at once with %s', async (error, code) => {
    const { outcome, polledAtMs } = await play([{ kind: 'error', error }]);
    expect(codeOf(outcome)).toBe(code);
    expect(polledAtMs).toHaveLength(1);
  });

  it('D5: expired_token is one message, and nothing is sent after it', async () => {
    const { outcome, polledAtMs } = await play([pending, { kind: 'error', error: 'expired_token' }, granted]);
    expect(codeOf(outcome)).toBe('LOGIN_EXPIRED');
    expect(messageOf(outcome)).toContain('account.minimax.io');
    expect(polledAtMs).toHaveLength(2);
  });

  it('D5 D12: stops when the code has expired, without a last burst', async () => {
    const { outcome, polledAtMs } = await play([], { expiresInMs: 30_000 });
    expect(codeOf(outcome)).toBe('LOGIN_EXPIRED');
    expect(polledAtMs).toEqual([6_000, 12_000, 18_000, 24_000]);
  });

  it('D5: says what was in the way where the code ended in trouble', async () => {
    const { outcome } = await play(
      Array.from({ length: 20 }, () => reset),
      { expiresInMs: 60_000 },
    );
    expect(codeOf(outcome)).toBe('LOGIN_EXPIRED');
    expect(messageOf(outcome)).toContain('the connection was reset');
  });

  it('D12: a wall clock that jumps by an hour either way changes nothing', async () => {
    for (const byMs of [3_600_000, -3_600_000]) {
      const clock = createFakeClock();
      const { work, polledAtMs } = begin([pending, pending, pending, granted], { clock });
      await clock.advance(7_000);
      clock.setWallMs(clock.nowMs() + byMs);
      await clock.advance(60_000);
      expect(await work).toEqual({ value: grant });
      expect(gaps(polledAtMs)).toEqual([6_000, 6_000, 6_000, 6_000]);
    }
  });

  it('D12: a poll that hangs at the deadline is given up shortly after', async () => {
    const clock = createFakeClock();
    const { work } = begin([hang], { clock, expiresInMs: 30_000 });
    await clock.advance(35_000);
    expect(codeOf(await work)).toBe('LOGIN_EXPIRED');
    expect(clock.timerCount()).toBe(0);
  });

  it('D12: a grant that is on its way at the deadline is taken', async () => {
    const clock = createFakeClock();
    const late = async (): Promise<Answer> => {
      await new Promise<void>((resolve) => clock.setTimer(resolve, 8_000));
      return granted;
    };
    const { outcome } = await play([pending, pending, pending, late], { clock, expiresInMs: 30_000 });
    expect(outcome).toEqual({ value: grant });
  });
});

describe('a machine that slept', () => {
  /** Monotonic time that moves though no timer runs, as on Windows: every timer is late by that much. */
  function createSleepyClock(): Playground {
    const clock = createFakeClock();
    let sleptMs = 0;
    return {
      ...clock,
      nowMs: () => clock.nowMs() + sleptMs,
      monotonicMs: () => clock.monotonicMs() + sleptMs,
      leap: (byMs) => {
        sleptMs += byMs;
      },
    };
  }

  it('D14: where monotonic time stood still, polls once when it is due and takes the server’s word', async () => {
    for (const [word, code] of [
      [{ kind: 'error', error: 'expired_token' } as const, 'LOGIN_EXPIRED'],
      [granted, false],
    ] as const) {
      const clock = createFakeClock();
      const { work, polledAtMs } = begin([pending, word], { clock });
      await clock.advance(8_000);
      clock.setWallMs(clock.nowMs() + 8 * 3_600_000);
      await clock.advance(3_999);
      expect(polledAtMs).toEqual([6_000]);
      await clock.advance(60_000);
      expect(polledAtMs).toEqual([6_000, 12_000]);
      expect(codeOf(await work)).toBe(code);
    }
  });

  it('D14: where monotonic time went on beyond the deadline, ends without asking', async () => {
    const clock = createSleepyClock();
    const { work, polledAtMs } = begin([], { clock });
    await clock.advance(8_000);
    clock.leap?.(3_600_000);
    await clock.advance(10_000);
    expect(codeOf(await work)).toBe('LOGIN_EXPIRED');
    expect(polledAtMs).toEqual([6_000]);
  });

  it('D14: where it went on for less, asks once and goes on at the old pace', async () => {
    const clock = createSleepyClock();
    const { work, polledAtMs } = begin([pending, pending, pending, granted], { clock });
    await clock.advance(8_000);
    clock.leap?.(120_000);
    await clock.advance(30_000);
    expect(await work).toEqual({ value: grant });
    expect(gaps(polledAtMs)).toEqual([6_000, 126_000, 6_000, 6_000]);
  });
});

describe('Ctrl-C', () => {
  it('D15: ends the sleep at once, and leaves no timer', async () => {
    const { clock, work, stop } = begin([]);
    await clock.advance(7_000);
    stop.abort(new Error('Ctrl-C'));
    expect(messageOf(await work)).toBe('Ctrl-C');
    expect(clock.timerCount()).toBe(0);
  });

  it('D15: ends a poll that hangs at once, and leaves no timer', async () => {
    const { clock, work, stop } = begin([hang]);
    await clock.advance(7_000);
    stop.abort(new Error('Ctrl-C'));
    expect(messageOf(await work)).toBe('Ctrl-C');
    expect(clock.timerCount()).toBe(0);
  });

  it('D15: is what counts when a poll answers at the same time', async () => {
    const answering: { stop?: AbortController } = {};
    const begun = begin([
      () => {
        answering.stop?.abort(new Error('Ctrl-C'));
        return Promise.resolve(pending);
      },
    ]);
    answering.stop = begun.stop;
    await begun.clock.advance(7_000);
    expect(messageOf(await begun.work)).toBe('Ctrl-C');
  });
});
