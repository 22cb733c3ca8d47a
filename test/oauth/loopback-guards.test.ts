// Who is answered by a login's listener, from outside: real sockets, and requests that no browser would make.
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { bindLoopback } from '../../src/oauth/loopback-address.ts';
import {
  startLoopbackServer,
  type LoopbackServer,
  type LoopbackServerDeps,
} from '../../src/oauth/loopback-server.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { loginSubject } from '../support/login-subject.ts';
import { getRaw, sendRaw } from '../support/raw-http.ts';

const started: LoopbackServer[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

async function start(deps: Partial<LoopbackServerDeps> = {}) {
  const server = await startLoopbackServer({ clock: systemClock, random: systemRandom, ...deps });
  started.push(server);
  const { outcome, paste } = server.expectCallback({ state: 'the-state', issuerRequired: false });
  return { server, outcome, paste, host: `Host: ${new URL(server.origin).host}` };
}

const goodCallback = '/callback?code=c&state=the-state';

describe('where it listens', () => {
  it('L1: binds 127.0.0.1 and says so in its redirect address, never a name', async () => {
    const { server } = await start();
    expect(server.origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(server.redirectUri).toBe(`${server.origin}/callback`);
    const { port } = new URL(server.origin);
    const elsewhere = await new Promise<string>((resolve) => {
      connect(Number(port), '127.0.0.2')
        .on('connect', () => resolve('connected'))
        .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    });
    expect(elsewhere).toBe('ECONNREFUSED');
  });

  it('L1: takes ::1 where there is no IPv4, by its literal', async () => {
    const { server, host, outcome } = await start({ addresses: ['::1'] });
    expect(server.origin).toMatch(/^http:\/\/\[::1\]:\d+$/);
    void getRaw(server.origin, goodCallback, [host]);
    expect(await outcome).toMatchObject({ kind: 'code' });
  });

  it('L1: falls back from an address that this machine does not have, and from nothing else', async () => {
    const servers: Server[] = [createServer(), createServer(), createServer()];
    const [first = createServer(), second = createServer(), third = createServer()] = servers;
    expect(await bindLoopback(first, ['192.0.2.1', '::1'])).toMatch(/^\[::1\]:\d+$/);
    await expect(bindLoopback(second, ['192.0.2.1'])).rejects.toMatchObject({
      code: 'PORT_REFUSED',
      message: expect.stringContaining('EADDRNOTAVAIL') as string,
    });
    await expect(bindLoopback(third, ['not an address'])).rejects.toMatchObject({ code: 'PORT_REFUSED' });
    for (const server of servers) server.close();
  });

  it('L2: twenty logins at once have a port each and get each their own answer', async () => {
    const logins = await Promise.all(Array.from({ length: 20 }, () => start()));
    expect(new Set(logins.map(({ server }) => server.origin)).size).toBe(20);
    const outcomes = await Promise.all(
      logins.map(({ server, outcome, host }, index) => {
        void getRaw(server.origin, `/callback?code=c${index}&state=the-state`, [host]);
        return outcome;
      }),
    );
    const codes = outcomes.map((outcome) => (outcome.kind === 'code' ? outcome.response.code.reveal() : ''));
    expect(codes).toEqual(logins.map((_, index) => `c${index}`));
  });
});

describe('which requests', () => {
  it.each([
    ['/', 404],
    ['/favicon.ico', 404],
    ['/callback/', 404],
    ['/Callback', 404],
    ['/callback%2f', 404],
    ['/%63allback', 404],
    ['//callback', 404],
    ['/x/../callback', 404],
    ['/callback;a=b', 404],
    ['/%E0%A4%A', 404],
    ['/callback#?state=the-state&code=c', 400],
  ])('L4: %s gets %i, and the login lives on', async (target, status) => {
    const { server, host, outcome } = await start();
    const query = target.includes('#') ? '' : '?code=c&state=the-state';
    expect((await getRaw(server.origin, `${target}${query}`, [host])).status).toBe(status);
    void getRaw(server.origin, goodCallback, [host]);
    expect((await outcome).kind).toBe('code');
  });

  it.each(['POST', 'HEAD', 'PUT', 'OPTIONS', 'DELETE'])('L4: %s gets 405 with Allow', async (method) => {
    const { server, host, outcome } = await start();
    const answer = await sendRaw(server.origin, `${method} ${goodCallback} HTTP/1.1\r\n${host}\r\n\r\n`);
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET']);
    void getRaw(server.origin, goodCallback, [host]);
    expect((await outcome).kind).toBe('code');
  });

  it('L4: headers of more than 16 KiB get 431, and the login lives on', async () => {
    const { server, host, outcome } = await start();
    const answer = await getRaw(server.origin, goodCallback, [host, `X-Long: ${'x'.repeat(17_000)}`]);
    expect([answer.status, answer.body]).toEqual([431, '']);
    void getRaw(server.origin, goodCallback, [host]);
    expect((await outcome).kind).toBe('code');
  });

  it.each([
    ['that says nothing', ''],
    ['that stops in its headers', `GET ${goodCallback} HTTP/1.1\r\nHo`],
    ['whose body never comes', `GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n`],
    ['that never ends its body', `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ])('L4: a client %s is closed', async (_, bytes) => {
    const { server } = await start({ requestTimeoutMs: 100 });
    const answer = await sendRaw(server.origin, bytes);
    expect([408, 421]).toContain(answer.status);
  });

  it.each([
    ['another name', 'Host: evil.example'],
    ['a name that leads here', 'Host: localhost:PORT'],
    ['another port', 'Host: 127.0.0.1:1'],
    ['no port', 'Host: 127.0.0.1'],
    ['a trailing dot', 'Host: 127.0.0.1.:PORT'],
    ['another spelling of the address', 'Host: 127.1:PORT'],
    ['the right one and another', 'Host: 127.0.0.1:PORT\r\nHost: evil.example'],
  ])('L9: Host with %s gets 421, and nothing is taken', async (_, line) => {
    const { server, host, outcome } = await start();
    const { port } = new URL(server.origin);
    const answer = await getRaw(server.origin, goodCallback, [line.replaceAll('PORT', port)]);
    // Node itself answers 400 to a request that has two.
    expect(line.includes('\r\n') ? [400, 421] : [421]).toContain(answer.status);
    void getRaw(server.origin, '/callback?code=mine&state=the-state', [host]);
    const taken = await outcome;
    expect(taken.kind === 'code' && taken.response.code.reveal()).toBe('mine');
  });

  it('L9: a request without Host is refused', async () => {
    const { server } = await start();
    expect((await getRaw(server.origin, goodCallback, [])).status).toBe(400);
    expect((await sendRaw(server.origin, `GET ${goodCallback} HTTP/1.0\r\n\r\n`)).status).toBe(421);
  });

  it('L9: an absolute-form target must name the listener as well', async () => {
    const { server, host, outcome } = await start();
    const { port } = new URL(server.origin);
    for (const origin of ['http://evil.example', `http://localhost:${port}`, `https://127.0.0.1:${port}`]) {
      expect((await getRaw(server.origin, `${origin}${goodCallback}`, [host])).status).toBe(421);
    }
    const own = `${server.origin}${goodCallback}`;
    expect((await getRaw(server.origin, own, ['Host: evil.example'])).status).toBe(421);
    void getRaw(server.origin, own, [host]);
    expect((await outcome).kind).toBe('code');
  });

  it.each([
    ['a script', ['Sec-Fetch-Mode: cors']],
    ['an image', ['Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image']],
    ['a frame', ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe']],
    ['a web socket', ['Sec-Fetch-Mode: websocket']],
  ])('L10: %s gets 403 for callback and page alike, without CORS', async (_, lines) => {
    const { server, host, outcome } = await start();
    const page = new URL(server.servePage(loginSubject)).pathname;
    for (const target of [goodCallback, page]) {
      const answer = await getRaw(server.origin, target, [host, 'Origin: https://evil.example', ...lines]);
      expect(answer.status).toBe(403);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
    void getRaw(server.origin, goodCallback, [host, 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document']);
    expect((await outcome).kind).toBe('code');
  });

  it('L10: the event stream is for the page that was served here', async () => {
    const { server, host } = await start();
    const events = `${new URL(server.servePage(loginSubject)).pathname}/events`;
    for (const site of ['cross-site', 'same-site', 'none']) {
      const answer = await getRaw(server.origin, events, [
        host,
        `Sec-Fetch-Site: ${site}`,
        'Sec-Fetch-Mode: cors',
      ]);
      expect(answer.status).toBe(403);
    }
  });
});

describe('how it answers', () => {
  it('L11: every answer is guarded by its headers, and repeats nothing of the request', async () => {
    const { server, host } = await start();
    const page = new URL(server.servePage(loginSubject)).pathname;
    const mark = 'zq7<script>mark';
    const targets = [page, `/callback?state=${mark}`, `/${mark}`, `${page}?${mark}`];
    const answers = [
      ...(await Promise.all(
        targets.map((target) => getRaw(server.origin, target, [host, `X-Mark: ${mark}`])),
      )),
      await sendRaw(server.origin, `POST /${mark} HTTP/1.1\r\n${host}\r\n\r\n`),
      await getRaw(server.origin, `/${mark}`, [`Host: ${mark}`]),
      await getRaw(server.origin, page, [host, 'Sec-Fetch-Mode: cors', `Origin: http://${mark}`]),
      await getRaw(server.origin, page, [host, `X-Long: ${'x'.repeat(17_000)}`]),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 404, 200, 405, 421, 403, 431]);
    for (const { headers, body } of answers) {
      expect(headers['content-security-policy']).toMatch(/^default-src 'none';/);
      for (const part of ["frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"]) {
        expect(headers['content-security-policy']).toContain(part);
      }
      expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:|\*/);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'cross-origin-opener-policy': 'same-origin',
      });
      for (const name of ['x-powered-by', 'etag', 'set-cookie', 'server'])
        expect(headers).not.toHaveProperty(name);
      expect(`${JSON.stringify(headers)}${body}`).not.toContain('zq7');
    }
  });
});
