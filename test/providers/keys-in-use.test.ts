// What keys of the configuration and the environment come to on the wire: the whole gateway in this process, and servers
// on loopback that keep what they were asked.
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../src/app.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLog } from '../../src/platform/log.ts';
import { Secret } from '../../src/platform/secret.ts';
import type { Credential } from '../../src/plugin-sdk/credential.ts';
import { startServing } from '../../src/serving.ts';
import { createHome } from '../support/cli-process.ts';
import { createFakeContext } from '../support/fake-context.ts';
import { startLmStudio } from '../support/lmstudio-server.ts';
import { sendJson, startServer, type SeenRequest } from '../support/loopback-server.ts';

async function serve(
  config: unknown,
  env: Record<string, string> = {},
  logins: Readonly<Record<string, Credential>> = {},
) {
  const home = createHome(env);
  home.writeConfig(config);
  const app = createApp({
    env: home.env,
    homeDir: home.folder,
    installation: createFakeContext().context.installation,
    clock: systemClock,
    log: silentLog,
  });
  for (const [id, credential] of Object.entries(logins)) await app.store().saveLogin(id, credential);
  const serving = await startServing(app, { port: 0, token: new Secret('token') });
  onTestFinished(async () => {
    await serving.stop();
    app.close();
  });
  const ask = async (path: string, model: string): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`http://127.0.0.1:${serving.port}${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer token', 'content-type': 'application/json' },
      body: JSON.stringify({ model }),
    });
    return { status: answer.status, text: await answer.text() };
  };
  return { home, app, ask };
}

async function startMinimax(status = 200) {
  const server = await startServer((_request, response) => {
    const error = { type: 'authorized_error', message: 'invalid api key (2049)', http_code: '401' };
    sendJson(response, status, status === 200 ? { id: '1' } : { type: 'error', error });
  });
  onTestFinished(server.close);
  return server;
}

const keysOf = ({ url, headers }: SeenRequest): unknown[] => [
  url,
  headers.authorization,
  headers['x-api-key'],
];

describe('a key of MiniMax', () => {
  it('goes to the host that the environment names, at the path of each API, with what that one takes', async () => {
    const minimax = await startMinimax();
    const models = [
      { id: 'MiniMax-M3', api: 'anthropic-messages' },
      { id: 'MiniMax-M2.5', api: 'openai-responses' },
    ];
    const { ask } = await serve(
      { models: { providers: { minimax: { api: 'openai-completions', models } } } },
      { MINIMAX_API_KEY: 'k-of-minimax', MINIMAX_API_HOST: minimax.url },
    );
    expect((await ask('/v1/chat/completions', 'minimax/MiniMax-M2.7')).status).toBe(200);
    expect((await ask('/v1/messages', 'minimax/MiniMax-M3')).status).toBe(200);
    expect((await ask('/v1/responses', 'minimax/MiniMax-M2.5')).status).toBe(200);
    expect(minimax.requests.map(keysOf)).toEqual([
      ['/v1/chat/completions', 'Bearer k-of-minimax', undefined],
      ['/anthropic/v1/messages', 'Bearer k-of-minimax', 'k-of-minimax'],
      ['/v1/responses', 'Bearer k-of-minimax', undefined],
    ]);
  });

  it('that is refused is not tried elsewhere', async () => {
    const minimax = await startMinimax(401);
    const { ask } = await serve({}, { MINIMAX_API_KEY: 'k-of-minimax', MINIMAX_API_HOST: minimax.url });
    const { status, text } = await ask('/v1/messages', 'minimax/MiniMax-M3');
    expect([status, minimax.requests.length]).toEqual([401, 1]);
    expect(text).toContain('refuses the credential of minimax:key.');
    // The host is of neither site: which one the key is of cannot be told.
    expect(text).not.toContain('MINIMAX_API_HOST');
  });
});

describe('a key that is stored as a login', () => {
  const stored = (provider: string, key = 'k-stored'): Credential => ({ type: 'api_key', provider, key });

  it('is served like one of the configuration, at the path and with the headers of each API', async () => {
    const minimax = await startMinimax();
    const models = [{ id: 'MiniMax-M2.5', api: 'openai-responses' }];
    const { ask } = await serve(
      { models: { providers: { minimax: { models } } } },
      { MINIMAX_API_HOST: minimax.url },
      { 'minimax:default': stored('minimax', ' k-stored\n') },
    );
    expect((await ask('/v1/messages', 'minimax/MiniMax-M3')).status).toBe(200);
    expect((await ask('/v1/responses', 'minimax/MiniMax-M2.5')).status).toBe(200);
    expect(minimax.requests.map(keysOf)).toEqual([
      ['/anthropic/v1/messages', 'Bearer k-stored', 'k-stored'],
      ['/v1/responses', 'Bearer k-stored', undefined],
    ]);
  });

  it.each([
    ['built in', 'anthropic', 'claude-opus-4-6', {}, ['/v1/messages', undefined, 'k-stored']],
    [
      'of the configuration',
      'lab',
      'm',
      { api: 'anthropic-messages', models: [{ id: 'm' }] },
      ['/v1/messages', 'Bearer k-stored', 'k-stored'],
    ],
  ])('goes to the address of its provider: %s', async (_what, provider, model, entry, seen) => {
    const upstream = await startMinimax();
    const { ask } = await serve(
      { models: { providers: { [provider]: { ...entry, baseUrl: upstream.url } } } },
      {},
      { [`${provider}:default`]: stored(provider) },
    );
    expect((await ask('/v1/messages', `${provider}/${model}`)).status).toBe(200);
    expect(upstream.requests.map(keysOf)).toEqual([seen]);
  });

  it('has the address of each API, and names the other site where it is refused', async () => {
    const { app } = await serve({}, {}, {});
    expect(await app.prepareAuth('minimax:default', stored('minimax'))).toEqual({
      apiKey: 'k-stored',
      baseUrl: 'https://api.minimax.io/anthropic',
      baseUrls: {
        'openai-completions': 'https://api.minimax.io/v1',
        'openai-responses': 'https://api.minimax.io/v1',
      },
      headers: { authorization: 'Bearer k-stored', 'x-api-key': 'k-stored' },
      ifRefused: expect.stringContaining('MINIMAX_API_HOST=https://api.minimaxi.com,') as string,
    });
  });

  it.each<[string, Credential]>([
    ['its provider is not known', stored('lab')],
    [
      'it is a token, which its provider’s plugin alone knows how to use',
      { type: 'token', provider: 'anthropic', token: 't' },
    ],
  ])('is not used where %s', async (_what, credential) => {
    const { app } = await serve({});
    expect(await app.prepareAuth('x:default', credential)).toBeUndefined();
  });

  it('is not used where its provider’s plugin is disabled, whatever address the configuration names', async () => {
    const { app } = await serve({
      models: { providers: { 'minimax-portal': { baseUrl: 'https://llm.test' } } },
      plugins: { entries: { 'minimax-portal-auth': { enabled: false } } },
    });
    expect(await app.prepareAuth('minimax-portal:default', stored('minimax-portal'))).toBeUndefined();
  });

  it('that no header can carry takes itself away and no other', async () => {
    const minimax = await startMinimax();
    const { ask, app } = await serve(
      {},
      { MINIMAX_API_HOST: minimax.url },
      {
        'minimax:a': stored('minimax', 'k\n: x'),
        'minimax:b': stored('minimax'),
      },
    );
    expect((await ask('/v1/messages', 'minimax/MiniMax-M3')).status).toBe(200);
    await expect(app.prepareAuth('minimax:a', stored('minimax', 'k\n: x'))).rejects.toThrow(
      'The key of minimax:a holds what no HTTP header can carry.',
    );
  });
});

describe('LM Studio', () => {
  it('needs no key, and what it has is served as soon as it is there', async () => {
    const studio = await startLmStudio([{ id: 'late', type: 'llm' }]);
    const { ask, home } = await serve({
      agents: { defaults: { model: 'lmstudio/named' } },
      models: { providers: { lmstudio: { baseUrl: studio.baseUrl } } },
    });
    // Known by its name alone, before anybody has been asked.
    expect((await ask('/v1/responses', 'default')).status).toBe(200);
    await expect.poll(async () => (await ask('/v1/responses', 'late')).status, { interval: 10 }).toBe(200);
    expect(studio.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    const { value } = await home.json(['models', 'list']);
    expect(value['models']).toMatchObject([
      { ref: 'lmstudio/late' },
      { ref: 'lmstudio/named', default: true },
    ]);
  });

  it('that is off is told by the request, and by nothing else', async () => {
    const studio = await startLmStudio();
    await studio.close();
    const { ask } = await serve({
      agents: { defaults: { model: 'lmstudio/named' } },
      models: { providers: { lmstudio: { baseUrl: studio.baseUrl } } },
    });
    const { status, text } = await ask('/v1/responses', 'default');
    expect([status, text]).toEqual([502, expect.stringContaining('nothing listens there')]);
  });
});
