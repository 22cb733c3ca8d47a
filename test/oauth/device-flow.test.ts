// The waiting of the device flow, on a clock that the test moves.
import { describe, expect, it } from 'vitest';
import { awaitApproval, backoff } from '../../src/oauth/device-flow.ts';
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

const login: PendingLogin = {
  deviceCode: 'd',
  userCode: 'ABCD-EFGH',
  verificationUrl: 'https://platform.minimax.io/oauth-authorize',
  codeVerifier: new Secret('v'),
  expiresInMs: 300_000,
  intervalMs: 5_000,
};

async function play(answers: Answer[], options: { expiresInMs?: number; forMs?: number } = {}) {
  const clock = createFakeClock();
  const polledAtMs: number[] = [];
  const startMs = clock.monotonicMs();
  const states: DeviceFlowState[] = [];
  const stop = new AbortController();
  const work = awaitApproval(
    {
      client: {
        poll: () => {
          polledAtMs.push(clock.monotonicMs() - startMs);
          return Promise.resolve(answers.shift() ?? pending);
        },
      },
      clock,
      random: createFakeRandom(0.5),
      host: 'account.minimax.io',
      onState: (state) => states.push(state),
    },
    { ...login, expiresInMs: options.expiresInMs ?? login.expiresInMs },
    stop.signal,
  ).then(
    (value) => ({ value }),
    (error: Error & { code?: string }) => ({ error }),
  );
  await clock.advance(options.forMs ?? 400_000);
  return { outcome: await work, polledAtMs, states };
}

const gaps = (times: number[]): number[] => times.map((time, index) => time - (times[index - 1] ?? 0));

describe('polling', () => {
  it('waits the interval with a margin, start to start, and ends with the grant', async () => {
    const { outcome, polledAtMs } = await play([pending, pending, granted]);
    expect(outcome).toEqual({ value: grant });
    expect(gaps(polledAtMs)).toEqual([6_000, 6_000, 6_000]);
  });

  it('adds 5 s for every slow_down, for good', async () => {
    const { polledAtMs, states } = await play([slowDown, pending, slowDown, pending, granted]);
    expect(gaps(polledAtMs)).toEqual([6_000, 12_000, 12_000, 18_000, 18_000]);
    expect(states.filter((state) => state.kind === 'slowed')).toHaveLength(2);
  });

  it('lives through trouble with growing pauses and goes back to the interval', async () => {
    const { outcome, polledAtMs, states } = await play([reset, reset, reset, pending, granted]);
    expect(outcome).toEqual({ value: grant });
    expect(gaps(polledAtMs)).toEqual([6_000, 6_600, 13_200, 26_400, 6_000]);
    expect(states.filter((state) => state.kind === 'trouble')).toHaveLength(3);
  });

  it('honours Retry-After when it is longer', async () => {
    const { polledAtMs } = await play([
      { kind: 'trouble', reason: 'HTTP 503', retryAfterMs: 40_000 },
      granted,
    ]);
    expect(gaps(polledAtMs)).toEqual([6_000, 40_000]);
  });

  it('never waits longer than a minute and a fifth between tries', () => {
    for (let troubles = 1; troubles < 40; troubles += 1) {
      expect(backoff(5_000, troubles, 0.999)).toBeLessThanOrEqual(72_000);
      expect(backoff(5_000, troubles, 0)).toBeGreaterThanOrEqual(6_000);
      // An interval that slow_down has raised above the ceiling is kept all the same.
      expect(backoff(85_000, troubles, 0)).toBeGreaterThanOrEqual(85_000);
    }
  });
});

describe('the end', () => {
  it.each([
    ['access_denied', 'LOGIN_DENIED'],
    ['expired_token', 'LOGIN_EXPIRED'],
    ['invalid_grant', 'LOGIN_EXPIRED'],
    ['invalid_client', 'LOGIN_REJECTED'],
    ['something_new', 'LOGIN_REJECTED'],
  ])('%s ends at once with %s', async (error, code) => {
    const { outcome, polledAtMs } = await play([{ kind: 'error', error }]);
    expect('error' in outcome && outcome.error.code).toBe(code);
    expect(polledAtMs).toHaveLength(1);
  });

  it('refuses to be sent elsewhere', async () => {
    const { outcome } = await play([{ kind: 'redirected', location: new URL('https://evil.example/') }]);
    expect('error' in outcome && outcome.error.code).toBe('PORTAL_REDIRECTED');
  });

  it('stops when the code has expired, without a last burst', async () => {
    const { outcome, polledAtMs } = await play([], { expiresInMs: 30_000 });
    expect('error' in outcome && outcome.error.code).toBe('LOGIN_EXPIRED');
    expect(polledAtMs).toEqual([6_000, 12_000, 18_000, 24_000]);
  });

  it('outlives an outage of a minute', async () => {
    const { outcome } = await play([reset, reset, reset, reset, granted]);
    expect(outcome).toEqual({ value: grant });
  });

  it('ends with the signal while it sleeps, and leaves no timer', async () => {
    const clock = createFakeClock();
    const stop = new AbortController();
    const work = awaitApproval(
      { client: { poll: () => Promise.resolve(pending) }, clock, random: createFakeRandom(), host: 'h' },
      login,
      stop.signal,
    );
    await clock.advance(7_000);
    stop.abort(new Error('Ctrl-C'));
    await expect(work).rejects.toThrow('Ctrl-C');
    expect(clock.timerCount()).toBe(0);
  });
});
