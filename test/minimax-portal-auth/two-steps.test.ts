// A login that is begun by one caller and finished by another: the pace that the server asked for outlives each of them,
// and so does the code, for as long as it lives.
import { describe, expect, it } from 'vitest';
import type { LoginDeps } from '../../extensions/minimax-portal-auth/oauth-server.ts';
import { completeLogin, startLogin } from '../../extensions/minimax-portal-auth/two-steps.ts';
import { sleep } from '../../src/platform/clock.ts';
import { createFakeAuthContext } from '../support/fake-auth-context.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeRandom } from '../support/fake-random.ts';

const grant = { status: 'success', access_token: 'sim-at-1', refresh_token: 'sim-rt-1', expired_in: 900 };
const pendingAnswer = { status: 'pending' };

/** Timers ring `lateMs` after their time, as those of a busy machine do. */
function stage(answers: unknown[], lateMs = 0) {
  const prompt = createFakeClock();
  const clock = {
    ...prompt,
    setTimer: (callback: () => void, delayMs: number) => prompt.setTimer(callback, delayMs + lateMs),
  };
  const polledAtMs: number[] = [];
  const startMs = clock.nowMs();
  const deps: LoginDeps = {
    config: {},
    clock,
    random: createFakeRandom(0),
    fetch: (_url, init) => {
      const form = new URLSearchParams(init?.body);
      if (form.get('code_challenge') !== null) {
        const offer = { user_code: 'AB-CD', verification_uri: 'https://platform.minimax.io/x' };
        const more = { expired_in: 300, interval: 5_000, state: form.get('state') };
        return Promise.resolve(Response.json({ ...offer, ...more }));
      }
      polledAtMs.push(clock.nowMs() - startMs);
      const { afterMs = 0, ...answer } = (answers.shift() ?? pendingAnswer) as { afterMs?: number };
      return sleep(clock, afterMs).then(() => Response.json(answer));
    },
  };
  const { context } = createFakeAuthContext();

  /** One `--complete`, and what it left behind. */
  async function complete(pending: Record<string, unknown>, waitMs?: number) {
    let kept = pending;
    const result: { value?: unknown; code?: string; ended: boolean } = { ended: false };
    const work = completeLogin(deps, context, pending, {
      keep: (changed) => {
        kept = changed;
      },
      ...(waitMs === undefined ? {} : { waitMs }),
    }).then(
      (value) => Object.assign(result, { value, ended: true }),
      (error: { code?: string }) => Object.assign(result, { code: error.code, ended: true }),
    );
    while (!result.ended) {
      await clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await work;
    return { ...result, kept };
  }
  return { clock, deps, context, polledAtMs, complete };
}

describe('a login in two steps', () => {
  it('D9: is asked about no faster than the server allows, by however many callers', async () => {
    const { deps, context, polledAtMs, complete } = stage([]);
    let { pending } = await startLogin(deps, 'global', context);
    for (let caller = 0; caller < 4; caller += 1) {
      const { code, kept } = await complete(pending, 0);
      expect(code).toBe('LOGIN_PENDING');
      pending = kept;
    }
    const gaps = polledAtMs.map((atMs, index) => atMs - (polledAtMs[index - 1] ?? 0));
    expect(gaps).toHaveLength(4);
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(6_000);
  });

  it('D2: a slower pace that was asked of one caller is kept by the next', async () => {
    const { deps, context, polledAtMs, complete } = stage([{ error: 'slow_down' }, pendingAnswer, grant]);
    const { pending } = await startLogin(deps, 'global', context);
    const first = await complete(pending, 0);
    const second = await complete(first.kept);
    expect(second.value).toMatchObject({ profiles: [{ profileId: 'minimax-portal:default' }] });
    expect((polledAtMs[1] ?? 0) - (polledAtMs[0] ?? 0)).toBeGreaterThanOrEqual(12_000);
  });

  it.each([-3_600_000, 3_600_000])(
    'D12: goes through when the clock is set between the steps, by %i ms',
    async (byMs) => {
      const { clock, deps, context, complete } = stage([grant]);
      const { pending } = await startLogin(deps, 'global', context);
      clock.setWallMs(clock.nowMs() + byMs);
      expect((await complete(pending)).value).toBeDefined();
    },
  );

  it('asks once where timers are late: after no time to wait, and where this clock says that the code is over', async () => {
    const patient = stage([pendingAnswer], 3);
    const first = await startLogin(patient.deps, 'global', patient.context);
    expect((await patient.complete(first.pending, 0)).code).toBe('LOGIN_PENDING');
    expect(patient.polledAtMs).toHaveLength(1);
    const later = stage([grant], 3);
    const second = await startLogin(later.deps, 'global', later.context);
    later.clock.setWallMs(later.clock.nowMs() + 3_600_000);
    expect((await later.complete(second.pending)).value).toBeDefined();
  });

  it('gives up no answer that is on its way when a caller’s time is over', async () => {
    const { deps, context, complete } = stage([{ afterMs: 20_000, ...grant }]);
    const { pending } = await startLogin(deps, 'global', context);
    expect((await complete(pending, 0)).value).toBeDefined();
  });

  it('is for the server alone that gave the code, whatever the configuration names by now', async () => {
    const { deps, context, polledAtMs, complete } = stage([grant]);
    const { pending } = await startLogin(deps, 'global', context);
    const former = deps.config;
    deps.config = { regions: { global: { accountUrl: 'https://other.example' } } };
    expect((await complete(pending)).code).toBe('CONFIG_INVALID');
    expect(polledAtMs).toEqual([]);
    deps.config = former;
    expect((await complete(pending)).value).toBeDefined();
  });

  it('what another version has kept is not guessed at', async () => {
    const { deps, context } = stage([]);
    const options = { keep: () => undefined };
    await expect(completeLogin(deps, context, { deviceCode: 'x' }, options)).rejects.toMatchObject({
      code: 'LOGIN_NOT_STARTED',
    });
  });
});
