// A person takes the other way in the middle of a login: what the server grants at that moment is kept, what nobody waits
// for any more is refused, and the way that was left is off the screen at once.
import { get } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { logIn } from '../../extensions/minimax-portal-auth/login.ts';
import type { LoginDeps } from '../../extensions/minimax-portal-auth/oauth-server.ts';
import { startLoopbackServer } from '../../src/oauth/loopback-server.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import type { AuthContext, AuthorizationPrompt } from '../../src/plugin-sdk/index.ts';
import { createFakeAuthContext } from '../support/fake-auth-context.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeRandom } from '../support/fake-random.ts';

const grant = { status: 'success', access_token: 'sim-at-1', refresh_token: 'sim-rt-1', expired_in: 900 };
const granted = (): Response => Response.json(grant);
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** `answerToken` answers each request for a token; `first` is the way that the login begins with. */
async function stage(first: 'device' | 'loopback', answerToken: (signal: AbortSignal) => Promise<Response>) {
  const clock = createFakeClock();
  const listener = await startLoopbackServer({ clock: systemClock, random: systemRandom });
  onTestFinished(() => listener.close());
  const seen: string[] = [];
  const authorizations: AuthorizationPrompt[] = [];
  let kind = first;
  let present = new AbortController();
  const deps: LoginDeps = {
    config: { regions: { global: { authorizationUrl: 'https://account.minimax.io/oauth2/authorize' } } },
    clock,
    random: createFakeRandom(0),
    fetch(_url, init) {
      const form = new URLSearchParams(init?.body);
      if (!form.has('code_challenge')) {
        seen.push('token');
        return answerToken(init?.signal ?? new AbortController().signal);
      }
      const offer = { user_code: 'AB-CD', verification_uri: 'https://platform.minimax.io/x' };
      const more = { expired_in: 300, interval: 5_000, state: form.get('state') };
      return Promise.resolve(Response.json({ ...offer, ...more }));
    },
  };
  const { context } = createFakeAuthContext();
  const shown = (what: string) => {
    seen.push(what);
    return { update: () => undefined, stop: () => void seen.push(`${what} gone`) };
  };
  const interrupt = new AbortController();
  const led: AuthContext = {
    ...context,
    signal: interrupt.signal,
    prompter: {
      ...context.prompter,
      deviceCode: () => shown('code'),
      authorization(prompt) {
        authorizations.push(prompt);
        return shown('address');
      },
    },
    flow: { current: () => kind, turn: () => present.signal, loopback: () => Promise.resolve(listener) },
  };
  const switchWay = (): void => {
    kind = kind === 'device' ? 'loopback' : 'device';
    const former = present;
    present = new AbortController();
    former.abort(new Error('switched'));
  };
  const result: { value?: unknown; ended: boolean } = { ended: false };
  const work = logIn(deps, 'global', led).then((value) => Object.assign(result, { value, ended: true }));
  const until = async (what: string): Promise<void> => {
    for (let turns = 0, advancedMs = 0; seen.at(-1) !== what; turns += 1) {
      // Many: a busy machine takes its time for what is computed on other threads.
      if (turns > 500_000) throw new Error(`never seen: ${what}; seen: ${seen.join(', ')}`);
      await turn();
      // Once the code is shown, the next poll is what there is to wait for; the code outlives that.
      if (what === 'token' && seen.includes('code') && advancedMs < 10_000) {
        await clock.advance(100);
        advancedMs += 100;
      }
    }
  };
  const callback = (prompt: AuthorizationPrompt | undefined): string => {
    const url = new URL(prompt?.authorizationUrl ?? '');
    return `${listener.redirectUri}?code=c&state=${url.searchParams.get('state') ?? ''}`;
  };
  return { clock, seen, authorizations, switchWay, interrupt, work, until, callback };
}

const hangs = (signal: AbortSignal): Promise<Response> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

const loggedIn = { value: { profiles: [{ profileId: 'minimax-portal:default' }] } };

describe('a switch to the other way', () => {
  it('keeps what a poll brings that was under way', async () => {
    let answer: (response: Response) => void = () => undefined;
    const { switchWay, work, until, seen } = await stage(
      'device',
      () => new Promise((resolve) => (answer = resolve)),
    );
    await until('token');
    switchWay();
    await until('code gone');
    answer(granted());
    expect(await work).toMatchObject(loggedIn);
    expect(seen).toEqual(['code', 'token', 'code gone', 'code gone']);
  });

  it('gives up a poll that hangs, and goes the other way', async () => {
    const answers = [hangs, () => Promise.resolve(granted())];
    const { clock, switchWay, work, until, authorizations, callback } = await stage(
      'device',
      (signal) => (answers.shift() ?? granted)(signal) as Promise<Response>,
    );
    await until('token');
    switchWay();
    await clock.advance(2_000);
    await until('address');
    expect(authorizations[0]?.paste(callback(authorizations[0]))).toBeUndefined();
    expect(await work).toMatchObject(loggedIn);
  });

  it('ends with the interruption when Ctrl-C comes while a poll is given its moment', async () => {
    const { interrupt, switchWay, work, until } = await stage('device', hangs);
    const ended = expect(work).rejects.toThrow('Ctrl-C');
    await until('token');
    switchWay();
    await until('code gone');
    interrupt.abort(new Error('Ctrl-C'));
    await ended;
  });

  it('keeps what a code brings that is being redeemed', async () => {
    let answer: (response: Response) => void = () => undefined;
    const { switchWay, work, until, seen, authorizations, callback } = await stage(
      'loopback',
      () => new Promise((resolve) => (answer = resolve)),
    );
    await until('address');
    authorizations[0]?.paste(callback(authorizations[0]));
    await until('token');
    switchWay();
    answer(granted());
    expect(await work).toMatchObject(loggedIn);
    expect(seen).not.toContain('code');
  });

  it('refuses the answer to an address that was left, and can come back to a new one', async () => {
    const { switchWay, work, until, authorizations, callback } = await stage('loopback', () =>
      Promise.resolve(granted()),
    );
    await until('address');
    switchWay();
    await until('code');
    expect(await statusOf(callback(authorizations[0]))).toBe(404);
    switchWay();
    await until('address');
    expect(authorizations[1]?.paste(callback(authorizations[1]))).toBeUndefined();
    expect(await work).toMatchObject(loggedIn);
  });
});

/** As a browser without fetch metadata asks. */
function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}
