// Which proxy a request goes through, and what is said when that is what is in the way.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EnvHttpProxyAgent, request } from 'undici';
import { postForm } from '../../src/oauth/form-post.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createFetch, describeProxy } from '../../src/platform/fetch.ts';
import { sendJson, startServer } from '../support/loopback-server.ts';
import { startRecordingProxy, type ProxyOptions, type RecordingProxy } from '../support/recording-proxy.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const account = 'https://account.minimax.io/oauth2/token';
const plain = 'http://plain.example/token';

type Where = 'http' | 'https' | 'direct';
/** What the variables hold: `A` and `B` stand for the two proxies. */
const cases: [env: Record<string, string>, url: string, where: Where, name?: string][] = [
  [{}, account, 'direct'],
  [{ HTTPS_PROXY: 'B' }, account, 'https', 'HTTPS_PROXY'],
  [{ https_proxy: 'B' }, account, 'https', 'https_proxy'],
  [{ https_proxy: 'B', HTTPS_PROXY: 'A' }, account, 'https', 'https_proxy'],
  [{ HTTP_PROXY: 'A' }, account, 'http', 'HTTP_PROXY'],
  [{ HTTP_PROXY: 'A', HTTPS_PROXY: 'B' }, account, 'https', 'HTTPS_PROXY'],
  [{ HTTP_PROXY: 'A', HTTPS_PROXY: '' }, account, 'http', 'HTTP_PROXY'],
  [{ HTTP_PROXY: 'A', https_proxy: '', HTTPS_PROXY: 'B' }, account, 'http', 'HTTP_PROXY'],
  [{ HTTP_PROXY: 'A', HTTPS_PROXY: 'B' }, plain, 'http', 'HTTP_PROXY'],
  [{ http_proxy: 'A', HTTP_PROXY: 'B' }, plain, 'http', 'http_proxy'],
  [{ HTTPS_PROXY: 'B' }, plain, 'direct'],
  [{ ALL_PROXY: 'B' }, account, 'direct'],
  ...(
    [
      ['*', 'direct'],
      ['account.minimax.io', 'direct'],
      ['ACCOUNT.MiniMax.IO', 'direct'],
      ['minimax.io', 'direct'],
      ['.minimax.io', 'direct'],
      ['*.minimax.io', 'direct'],
      ['example.com minimax.io', 'direct'],
      ['example.com,,minimax.io', 'direct'],
      ['minimax.io:443', 'direct'],
      ['minimax.io:8443', 'https'],
      ['account.minimax.io:443,other', 'direct'],
      ['max.io', 'https'],
      ['account.minimax', 'https'],
      ['xaccount.minimax.io', 'https'],
      ['account.minimax.io.evil.example', 'https'],
      ['*,x', 'https'],
      ['127.0.0.1', 'https'],
      [' ', 'https'],
      ['', 'https'],
    ] as const
  ).map(([list, where]): [Record<string, string>, string, Where, string?] => [
    { HTTPS_PROXY: 'B', NO_PROXY: list },
    account,
    where,
    ...(where === 'https' ? (['HTTPS_PROXY'] as [string]) : ([] as unknown as [string])),
  ]),
  [{ HTTPS_PROXY: 'B', no_proxy: '', NO_PROXY: '*' }, account, 'https', 'HTTPS_PROXY'],
  [{ HTTPS_PROXY: 'B', no_proxy: '*', NO_PROXY: 'x' }, account, 'direct'],
  [{ HTTP_PROXY: 'A', NO_PROXY: '127.0.0.1' }, 'http://127.0.0.1:9/', 'direct'],
  [{ HTTP_PROXY: 'A', NO_PROXY: '127.0.0.1:9' }, 'http://127.0.0.1:9/', 'direct'],
  [{ HTTP_PROXY: 'A', NO_PROXY: '127.0.0.1:10' }, 'http://127.0.0.1:9/', 'http', 'HTTP_PROXY'],
  [{ HTTP_PROXY: 'A', NO_PROXY: '[::1]' }, 'http://[::1]:9/', 'direct'],
  [{ HTTP_PROXY: 'A', NO_PROXY: '::1' }, 'http://[::1]:9/', 'http', 'HTTP_PROXY'],
];

describe('which proxy', () => {
  let http: RecordingProxy;
  let https: RecordingProxy;
  beforeAll(async () => {
    http = await startRecordingProxy({ refuseWith: 403 });
    https = await startRecordingProxy({ refuseWith: 403 });
  });
  afterAll(async () => {
    await http.close();
    await https.close();
  });

  it.each(cases)('K9: %j leads %s %s', async (variables, url, where, name) => {
    const env = Object.fromEntries(
      Object.entries(variables).map(([key, value]) => {
        const proxy = { A: http, B: https }[value];
        return [key, proxy === undefined ? value : `http://user:canary7f3a@${proxy.host}/`];
      }),
    );
    const proxy = { http, https, direct: undefined }[where];
    expect(describeProxy(env, url)).toBe(proxy === undefined ? undefined : `${proxy.host} (${name})`);
    expect(await whereUndiciGoes(env, url)).toBe(where);
  });

  /** With the same options as the program's own; a direct connection is seen and goes nowhere. */
  async function whereUndiciGoes(env: Record<string, string>, url: string): Promise<Where | 'nowhere'> {
    let isDirect = false;
    const agent = new EnvHttpProxyAgent({
      httpProxy: env['http_proxy'] ?? env['HTTP_PROXY'] ?? '',
      httpsProxy: env['https_proxy'] ?? env['HTTPS_PROXY'] ?? '',
      noProxy: env['no_proxy'] ?? env['NO_PROXY'] ?? '',
      connect: (_, callback) => {
        isDirect = true;
        callback(new Error('direct'), null);
      },
    });
    for (const { seen } of [http, https]) seen.splice(0);
    await request(url, { method: 'POST', dispatcher: agent }).catch(() => undefined);
    await agent.destroy();
    if (isDirect) return 'direct';
    if (http.seen.length > 0) return 'http';
    return https.seen.length > 0 ? 'https' : 'nowhere';
  }
});

describe('through a proxy', () => {
  const form = new URLSearchParams({ client_id: 'c' });
  const canary = 'canary7f3a-proxy-password';

  async function post(options: ProxyOptions & { url?: string; variable?: string; isGone?: boolean }) {
    const proxy = await startRecordingProxy(options);
    if (options.isGone === true) await proxy.close();
    else closers.push(() => proxy.close());
    const variable = options.variable ?? 'HTTPS_PROXY';
    const env = { [variable]: `http://user:${canary}@${proxy.host}` };
    const result = await postForm(
      { fetch: createFetch(env), clock: systemClock, allowLoopbackHttp: true, timeoutMs: 400 },
      options.url ?? account,
      form,
      {},
    );
    expect(JSON.stringify(result)).not.toContain('canary');
    return { result, proxy };
  }

  it('K9: the credentials in its address are sent to it, and shown nowhere', async () => {
    const { url, requests, close } = await startServer((_, response) =>
      sendJson(response, 200, { ok: true }),
    );
    closers.push(close);
    const { result, proxy } = await post({ url, variable: 'HTTP_PROXY' });
    expect(result).toMatchObject({ kind: 'answer', body: { ok: true } });
    const [, sent = ''] = (proxy.seen[0]?.headers['proxy-authorization'] ?? '').split(' ');
    expect(Buffer.from(sent, 'base64').toString()).toBe(`user:${canary}`);
    expect(requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  it.each([
    ['is gone', { isGone: true }, /^the connection was refused \(ECONNREFUSED\)/],
    ['wants a password', { refuseWith: 407 }, /^the proxy asks for a user name and a password \(HTTP 407\)/],
    ['does not lead there', { refuseWith: 403 }, /^the proxy does not lead there \(HTTP 403\)/],
    ['never answers', { isSilent: true }, /^no answer within/],
  ])('K9: one that %s is named with its variable', async (_what, options, reason) => {
    const { result, proxy } = await post(options);
    expect(result).toMatchObject({ kind: 'trouble', reason: expect.stringMatching(reason) });
    expect(result.kind === 'trouble' && result.reason).toContain(
      `, through the proxy ${proxy.host} (HTTPS_PROXY)`,
    );
  });

  it('K9: where none applies, none is named', async () => {
    const gone = await startServer(() => undefined);
    await gone.close();
    const env = {
      HTTPS_PROXY: 'http://127.0.0.1:9',
      HTTP_PROXY: 'http://127.0.0.1:9',
      NO_PROXY: '127.0.0.1',
    };
    const deps = { fetch: createFetch(env), clock: systemClock, allowLoopbackHttp: true };
    const result = await postForm(deps, gone.url, form, {});
    expect(result).toMatchObject({ kind: 'trouble', reason: 'the connection was refused (ECONNREFUSED)' });
  });

  it.each(['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'])(
    'K9: %s that names none is refused without its value',
    async (name) => {
      const deps = {
        fetch: createFetch({ [name]: `user:${canary}` }),
        clock: systemClock,
        allowLoopbackHttp: true,
      };
      await expect(postForm(deps, account, form, {})).rejects.toMatchObject({
        code: 'URL_REFUSED',
        message: `The environment variable ${name} does not name a proxy.`,
      });
    },
  );
});
