// How long the start of a device login is tried, and what the caller hears of it.
import { describe, expect, it } from 'vitest';
import { startDeviceLogin, type DeviceStart } from '../../src/oauth/device-flow.ts';
import type { DeviceStartState } from '../../src/oauth/login-phase.ts';
import { createOAuthClient, type OAuthClient } from '../../src/oauth/oauth-client.ts';
import { createStandardDialect } from '../../src/oauth/standard-dialect.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeRandom } from '../support/fake-random.ts';
import { createHeldClock } from '../support/held-clock.ts';

type Answer = Awaited<ReturnType<OAuthClient['startDevice']>>;

const pending: Answer = {
  kind: 'pending',
  deviceCode: 'd',
  userCode: 'ABCD-EFGH',
  verificationUrl: 'https://account.minimax.io/device',
  codeVerifier: new Secret('v'),
  expiresInMs: 300_000,
  intervalMs: 5_000,
};
const reset: Answer = { kind: 'trouble', reason: 'the connection was reset' };

function begin(answers: (Answer | ((signal?: AbortSignal) => Promise<Answer>))[]) {
  const clock = createFakeClock();
  const startMs = clock.monotonicMs();
  const askedAtMs: number[] = [];
  const states: DeviceStartState[] = [];
  const stop = new AbortController();
  const work = startDeviceLogin(
    {
      client: {
        startDevice: (_, signal) => {
          askedAtMs.push(clock.monotonicMs() - startMs);
          const answer = answers.shift() ?? reset;
          return typeof answer === 'function' ? answer(signal) : Promise.resolve(answer);
        },
      },
      clock,
      random: createFakeRandom(0),
      host: 'account.minimax.io',
      onState: (state) => states.push(state),
    },
    'scope',
    stop.signal,
  ).then(
    (value: DeviceStart) => ({ value, error: undefined }),
    (error: Error & { code?: string }) => ({ value: undefined, error }),
  );
  return { clock, askedAtMs, states, stop, work };
}

async function play(answers: Parameters<typeof begin>[0]) {
  const { clock, askedAtMs, states, work } = begin(answers);
  await clock.advance(120_000);
  const ended = await work;
  expect(clock.timerCount()).toBe(0);
  return { ...ended, askedAtMs, states };
}

describe('starting a device login', () => {
  it('D3: asks once where there is no trouble', async () => {
    const { value, askedAtMs, states } = await play([pending]);
    expect(value).toBe(pending);
    expect([askedAtMs, states]).toEqual([[0], []]);
  });

  it('D3: asks again with growing pauses, and says why each time', async () => {
    const { value, askedAtMs, states } = await play([reset, reset, reset, reset, reset, reset, pending]);
    expect(value).toBe(pending);
    expect(askedAtMs).toEqual([0, 1_000, 3_000, 7_000, 15_000, 25_000, 35_000]);
    expect(states[1]).toEqual({ kind: 'starting', reason: 'the connection was reset', retryInMs: 2_000 });
  });

  it('D3: gives up within a minute, with the last reason', async () => {
    const { error, askedAtMs } = await play([]);
    expect(error).toMatchObject({
      code: 'PORTAL_UNREACHABLE',
      message: 'account.minimax.io could not be reached: the connection was reset.',
    });
    expect(askedAtMs.at(-1)).toBe(55_000);
  });

  it('D3: waits as long as the server asks, and not at all where that is too long', async () => {
    const busy = (retryAfterMs: number): Answer => ({ kind: 'trouble', reason: 'HTTP 429', retryAfterMs });
    expect((await play([busy(20_000), pending])).askedAtMs).toEqual([0, 20_000]);
    const { error, askedAtMs } = await play([busy(300_000), pending]);
    expect(askedAtMs).toEqual([0]);
    expect(error?.message).toContain('HTTP 429 (asked to wait 300 s)');
  });

  it('D3: ends a request that hangs when the minute is over', async () => {
    const hang = (signal?: AbortSignal): Promise<Answer> =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('cut off'))));
    const { error, askedAtMs } = await play([reset, hang]);
    expect(error).toMatchObject({ code: 'PORTAL_UNREACHABLE' });
    expect(askedAtMs).toEqual([0, 1_000]);
  });

  it.each(['invalid_client', 'invalid_scope', 'state_mismatch', 'slow_down'])(
    'D4: %s is handed back at once',
    async (error) => {
      const { value, askedAtMs } = await play([{ kind: 'error', error }]);
      expect(value).toEqual({ kind: 'error', error });
      expect(askedAtMs).toEqual([0]);
    },
  );

  it('K3: a redirect is handed back at once, for the caller to judge', async () => {
    const sentOn: Answer = { kind: 'redirected', location: new URL('https://account.minimax.io/') };
    const { value, askedAtMs } = await play([reset, sentOn]);
    expect(value).toBe(sentOn);
    expect(askedAtMs).toEqual([0, 1_000]);
  });

  it('D15: ends at once with the signal, asleep or in a request', async () => {
    const hang = (signal?: AbortSignal): Promise<Answer> =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
    for (const answers of [[], [hang]]) {
      const { clock, work, stop } = begin(answers);
      await clock.advance(500);
      stop.abort(new Error('Ctrl-C'));
      expect((await work).error?.message).toBe('Ctrl-C');
      expect(clock.timerCount()).toBe(0);
    }
  });

  it('C1: every try has a challenge and a state of its own', async () => {
    const clock = createHeldClock(1_750_000_000_000);
    const forms: URLSearchParams[] = [];
    const client = createOAuthClient({
      dialect: {
        ...createStandardDialect({
          deviceAuthorizationUrl: 'https://account.minimax.io/device',
          tokenUrl: 'https://account.minimax.io/token',
        }),
        deviceParameters: ({ codeChallenge, state }) => ({ code_challenge: codeChallenge, state }),
      },
      clientId: 'c',
      fetch: async (_, init) => {
        forms.push(new URLSearchParams(init?.body));
        const offer = {
          device_code: 'd',
          user_code: 'u',
          verification_uri: 'https://x.example/',
          expires_in: 60,
        };
        return forms.length < 3 ? new Response('busy', { status: 503 }) : Response.json(offer);
      },
      clock,
      random: systemRandom,
      allowLoopbackHttp: false,
    });
    const started = await startDeviceLogin(
      {
        client: { startDevice: (scope, signal) => clock.hold(() => client.startDevice(scope, signal)) },
        clock,
        random: systemRandom,
        host: 'account.minimax.io',
      },
      'scope',
      new AbortController().signal,
    );
    expect(started).toMatchObject({ kind: 'pending' });
    for (const name of ['code_challenge', 'state']) {
      expect(new Set(forms.map((form) => form.get(name))).size).toBe(3);
    }
  });
});
