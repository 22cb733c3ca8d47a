// The limits around one request to an authorization server, against real servers on loopback.
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { isLoopbackHost, postForm, readRetryAfter, requireHttps } from '../../src/oauth/form-post.ts';
import { createFetch } from '../../src/platform/fetch.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { sendJson, startServer } from '../support/loopback-server.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function server(answer: Parameters<typeof startServer>[0]) {
  const started = await startServer(answer);
  closers.push(started.close);
  return started;
}

const deps = { fetch: createFetch({}), clock: systemClock, allowLoopbackHttp: true };
const form = new URLSearchParams({ client_id: 'c', secret: 'body-canary' });

describe('which URLs may be used', () => {
  const cases: [string, boolean, boolean][] = [
    ['https://account.minimax.io/oauth2/token', false, true],
    ['http://account.minimax.io/oauth2/token', true, false],
    ['http://127.0.0.1:8080/token', true, true],
    ['http://127.0.0.1:8080/token', false, false],
    ['http://[::1]:8080/token', true, true],
    ['http://127.0.0.1.evil.com/token', true, false],
    ['http://localhost.evil.com/token', true, false],
    ['http://2130706433.example/token', true, false],
    ['https://user:pass@account.minimax.io/', false, false],
    ['file:///etc/passwd', true, false],
    ['not a url', true, false],
  ];
  it.each(cases)('K2: %s (loopback http allowed: %s) -> %s', (url, allow, accepted) => {
    const attempt = (): URL => requireHttps(url, allow);
    if (accepted) expect(attempt().href).toContain('://');
    else expect(attempt).toThrow(expect.objectContaining({ code: 'URL_REFUSED' }) as Error);
  });

  it('K2: knows loopback by exact literal', () => {
    expect(['127.0.0.1', '[::1]', '127.0.0.2', '127.0.0.1.nip.io', 'localhost'].map(isLoopbackHost)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('Retry-After', () => {
  it.each([
    [null, undefined],
    ['2', 2_000],
    ['0', 0],
    ['999999', 3_600_000],
    ['Thu, 01 Jan 1970 00:00:30 GMT', 20_000],
    ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 3_600_000],
    ['Thursday, 01-Jan-70 00:00:30 GMT', 20_000],
    ['9'.repeat(400), 3_600_000],
    ['soon', undefined],
    ['', undefined],
    ['-5', undefined],
    ['2.5', undefined],
    ['in 2099', undefined],
    ['Xxx, 99 Foo 2099 99:99:99 GMT', undefined],
  ])('D3: Retry-After %s is %s ms', (value, delayMs) => {
    expect(readRetryAfter(value, 10_000)).toBe(delayMs);
  });
});

describe('one request', () => {
  it('K1: is a form POST that asks for JSON', async () => {
    const { url, requests } = await server((_, response) => sendJson(response, 200, { ok: true }));
    const result = await postForm(deps, `${url}/token`, form, { 'x-request-id': 'r1' });
    expect(result).toMatchObject({ kind: 'answer', status: 200, body: { ok: true } });
    expect(requests[0]).toMatchObject({ method: 'POST', body: 'client_id=c&secret=body-canary' });
    expect(requests[0]?.headers).toMatchObject({
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      'x-request-id': 'r1',
    });
  });

  it.each([301, 302, 303, 307, 308])('K3: never follows a %i, nor sends the body on', async (status) => {
    const target = await server((_, response) => sendJson(response, 200, {}));
    const { url } = await server((_, response) => {
      response.writeHead(status, { location: `${target.url}/elsewhere` }).end();
    });
    const result = await postForm(deps, url, form, {});
    expect(result).toMatchObject({ kind: 'redirected', status });
    expect(result.kind === 'redirected' && result.location?.href).toBe(`${target.url}/`);
    expect(target.requests).toEqual([]);
  });

  it.each([
    [500, '{}', 'HTTP 500'],
    [503, '<html>', 'HTTP 503'],
    [429, '{}', 'HTTP 429'],
    [408, '', 'HTTP 408'],
    [425, '', 'HTTP 425'],
    [200, '<html>Please sign in to this network</html>', 'not JSON'],
    [200, '', 'not JSON'],
    [200, '{"access_token":"a"', 'not JSON'],
  ])('D3: HTTP %i with %s is trouble', async (status, body, reason) => {
    const { url } = await server(
      (_, response) => void response.writeHead(status, { 'retry-after': '3' }).end(body),
    );
    const result = await postForm(deps, url, form, {});
    expect(result).toMatchObject({ kind: 'trouble', retryAfterMs: 3_000 });
    expect(result.kind === 'trouble' && result.reason).toContain(reason);
  });

  it('D2: lets a slow_down inside a 429 through', async () => {
    const { url } = await server((_, response) => sendJson(response, 429, { error: 'slow_down' }));
    expect(await postForm(deps, url, form, {})).toMatchObject({
      kind: 'answer',
      body: { error: 'slow_down' },
    });
  });

  it('K4: counts decoded bytes, so a small gzip that grows is refused', async () => {
    // 200 MB in 200 KB: members of a gzip file may follow one another.
    const member = gzipSync(Buffer.alloc(10 * 1024 * 1024, ' '));
    const bomb = Buffer.concat(Array.from({ length: 20 }, () => member));
    expect(bomb.length).toBeLessThan(210 * 1024);
    const { url } = await server((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb);
    });
    const before = process.memoryUsage().rss;
    expect(await postForm(deps, url, form, {})).toMatchObject({ kind: 'trouble' });
    expect(process.memoryUsage().rss - before).toBeLessThan(45 * 1024 * 1024);
  });

  it('K4: takes 64 KiB and not a byte more', async () => {
    const body = (length: number): string => JSON.stringify({ pad: 'x'.repeat(length - 10) });
    const { url } = await server(
      (request, response) => void response.end(body(Number(request.url.slice(1)))),
    );
    expect(await postForm(deps, `${url}/${64 * 1024}`, form, {})).toMatchObject({ kind: 'answer' });
    expect(await postForm(deps, `${url}/${64 * 1024 + 1}`, form, {})).toMatchObject({ kind: 'trouble' });
  });

  it('K4: has a deadline that covers a dripping body', async () => {
    const { url } = await server((_, response) => {
      response.writeHead(200).write('{');
    });
    const result = await postForm({ ...deps, timeoutMs: 150 }, url, form, {});
    expect(result).toMatchObject({ kind: 'trouble' });
    expect(result.kind === 'trouble' && result.reason).toMatch(/no answer within/);
  });

  it('D15: rejects with the reason of the signal, in the middle of a request', async () => {
    const { url } = await server(() => undefined);
    const stop = new AbortController();
    const work = postForm(deps, url, form, {}, stop.signal);
    setImmediate(() => stop.abort(new Error('stopped by a person')));
    await expect(work).rejects.toThrow('stopped by a person');
  });

  it('D3: names a refused connection and a reset', async () => {
    const gone = await startServer(() => undefined);
    await gone.close();
    expect(await postForm(deps, gone.url, form, {})).toMatchObject({
      kind: 'trouble',
      reason: expect.stringContaining('refused'),
    });
    const { url } = await server((_, response) => void response.socket?.destroy());
    expect(await postForm(deps, url, form, {})).toMatchObject({ kind: 'trouble' });
  });

  it('D12: reads times by the server clock when the local one is off, and by the local one otherwise', async () => {
    const hour = 3_600_000;
    const { url } = await server((request, response) => {
      const offset = Number(new URL(request.url, 'http://x').searchParams.get('offset'));
      sendJson(response, 200, {}, { date: new Date(Date.now() + offset).toUTCString() });
    });
    const wrong = await postForm(deps, `${url}/?offset=${hour}`, form, {});
    const right = await postForm(deps, `${url}/?offset=0`, form, {});
    expect(wrong.kind === 'answer' && Math.abs(wrong.nowMs - Date.now() - hour)).toBeLessThan(5_000);
    expect(right.kind === 'answer' && Math.abs(right.nowMs - Date.now())).toBeLessThan(5_000);
  });
});
