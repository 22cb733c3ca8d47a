// Logging in to MiniMax, refreshing, revoking and reading the plan say no secret, whatever the servers answer.
import { describe, expect, it } from 'vitest';
import { logIn } from '../../extensions/minimax-portal-auth/login.ts';
import type { LoginDeps } from '../../extensions/minimax-portal-auth/oauth-server.ts';
import { refresh, revoke } from '../../extensions/minimax-portal-auth/renewal.ts';
import plugin from '../../extensions/minimax-portal-auth/index.ts';
import { fetchUsage } from '../../extensions/minimax-portal-auth/usage.ts';
import type { AuthContext, Fetch, OAuthCredential, ProviderPlugin } from '../../src/plugin-sdk/index.ts';
import { createFetch } from '../../src/platform/fetch.ts';
import { silentLog } from '../../src/platform/log.ts';
import { guardProvider } from '../../src/plugins/guarded-provider.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { createMarkSearch, createSearch } from '../support/canaries.ts';
import { everythingSaid } from '../support/everything-said.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { hostileAnswers } from '../support/hostile-answers.ts';

const access = `sim-at-g${'Ac1.9~x'.repeat(6)}`;
const refreshToken = `sim-rt-g${'Rt0_9-x'.repeat(7)}`;
const fresh = `sim-at-g${'Fr3_6-w'.repeat(6)}`;

const credential: OAuthCredential = {
  type: 'oauth',
  provider: 'minimax-portal',
  access,
  refresh: refreshToken,
  expires: 1_750_000_900_000,
  region: 'global',
};

function expectSilence(value: unknown, extra: Record<string, string> = {}): void {
  const said = Buffer.from(everythingSaid(value));
  const search = createSearch({ access, refreshToken, fresh, ...extra });
  expect([...search(said), ...createMarkSearch()(said)]).toEqual([]);
}

function depsFor(respond: Fetch): LoginDeps & { clock: ReturnType<typeof createFakeClock> } {
  return {
    config: {},
    fetch: (url, init) => Promise.resolve().then(() => respond(url, init)),
    clock: createFakeClock(),
    random: systemRandom,
  };
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** A whole login whose first answer is an offer and whose polls are answered by `respond`, with all that was shown. */
async function play(respond: () => Response | Promise<Response>) {
  let verifier = 'none yet, and long enough';
  const deps = depsFor((_url, init) => {
    const form = new URLSearchParams(init?.body);
    verifier = form.get('code_verifier') ?? verifier;
    if (form.get('code_challenge') === null) return Promise.resolve(respond());
    const offer = { user_code: 'AB-CD', verification_uri: 'https://platform.minimax.io/x', expired_in: 60 };
    return Promise.resolve(Response.json({ ...offer, state: form.get('state') }));
  });
  const shown: unknown[] = [];
  const context: AuthContext = {
    config: {},
    env: {},
    prompter: {
      note: (...texts) => void shown.push(texts),
      progress: () => ({ update: (text) => void shown.push(text), stop: (text) => void shown.push(text) }),
      select: () => Promise.resolve(''),
      text: () => Promise.resolve(''),
      confirm: () => Promise.resolve(true),
      deviceCode(prompt) {
        shown.push(prompt);
        return { update: (state) => void shown.push(state), stop: () => undefined };
      },
    },
    openUrl(url) {
      shown.push(url);
      return Promise.resolve(false);
    },
    isRemote: false,
    signal: new AbortController().signal,
    opts: {},
  };
  const work = logIn(deps, 'global', context).then(
    (result) => ({ notes: result.notes }),
    (error: unknown) => error,
  );
  const play = { ended: false };
  void work.finally(() => {
    play.ended = true;
  });
  while (!play.ended) {
    // The code's challenge is made by a thread that does not go by this clock.
    if (deps.clock.timerCount() !== 1) await deps.clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { said: [await work, shown], verifier };
}

const hostile = hostileAnswers([refreshToken, access], fresh);

/** The provider as the host runs it. */
function providerFor(fetch: Fetch): ProviderPlugin {
  const registered: ProviderPlugin[] = [];
  plugin.register({
    id: plugin.id,
    config: {},
    pluginConfig: undefined,
    logger: silentLog,
    ports: { fetch, clock: createFakeClock(), random: systemRandom },
    registerProvider: (provider) => void registered.push(guardProvider(plugin.id, provider)),
  });
  const [provider] = registered;
  if (provider === undefined) throw new Error('The plugin registered nothing');
  return provider;
}

describe('no secret in', () => {
  it.each(hostileAnswers([refreshToken], fresh))('a login: %s', async (_what, respond) => {
    const { said, verifier } = await play(respond);
    expect(verifier.length).toBeGreaterThan(20);
    expectSilence(said, { verifier });
  });

  it.each(hostile)('a refresh: %s', async (_what, respond) => {
    const deps = depsFor(async () => respond());
    expectSilence(await failureOf(refresh(deps, credential)));
  });

  it.each(hostile)('a revocation: %s', async (_what, respond) => {
    const deps = depsFor(async () => respond());
    expectSilence(await revoke(deps, credential).catch((error: unknown) => error));
  });

  it.each(hostile)('the plan usage: %s', async (_what, respond) => {
    const provider = providerFor(async () => respond());
    const usage = provider.fetchUsageSnapshot?.({ profileId: 'minimax-portal:default', credential });
    expectSilence(await usage?.catch((error: unknown) => error));
  });
});

describe('the words of a server that grants', () => {
  it.each([
    ['a message', { notification_message: `your token ${fresh} is ready, ${refreshToken} too` }],
    ['an address with the token', { resource_url: `https://api.minimax.io/?token=${fresh}` }],
    ['an address elsewhere', { resource_url: `https://other.example/${fresh}/${refreshToken}` }],
    ['a scope', { scope: `${fresh} ${refreshToken}` }],
  ])('%s', async (_what, more) => {
    const { said } = await play(() =>
      Response.json({
        status: 'success',
        access_token: fresh,
        refresh_token: refreshToken,
        expired_in: 900,
        ...more,
      }),
    );
    expect(said[0]).not.toBeInstanceOf(Error);
    expectSilence(said);
  });
});

describe('a token that no header can carry', () => {
  it.each(['\n', '\u2028', '—'])('is not quoted (%j)', async (odd) => {
    const odder = `${access}${odd}`;
    const work = fetchUsage(createFetch({}), 'http://127.0.0.1:9', odder, undefined);
    const error = await failureOf(work);
    expect(error).toBeInstanceOf(TypeError);
    expectSilence(error);
  });
});
