// The answer to an authorization request, as it comes by the browser or by hand: what is taken, what is refused, and what
// the browser is shown.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { CallbackExpectation } from '../../src/oauth/callback.ts';
import { startLoopbackServer, type LoopbackServer } from '../../src/oauth/loopback-server.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { getRaw, openRaw, visit } from '../support/raw-http.ts';

const issuer = 'https://login.example';
const iss = `iss=${encodeURIComponent(issuer)}`;

const started: LoopbackServer[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

async function start(expectation: Partial<CallbackExpectation> = {}) {
  const server = await startLoopbackServer({ clock: systemClock, random: systemRandom });
  started.push(server);
  const { outcome, paste } = server.expectCallback({
    state: 'S',
    issuer,
    issuerRequired: true,
    ...expectation,
  });
  const get = (query: string) =>
    getRaw(server.origin, `/callback?${query}`, [`Host: ${new URL(server.origin).host}`]);
  return { server, outcome, paste, get };
}

/** One table for both ways: `listens` gets 400 and the login goes on, all else is an end. */
const cases: readonly (readonly [id: string, what: string, query: string, end: string])[] = [
  ['L5', 'no state', `code=c&${iss}`, 'listens'],
  ['L5', 'an empty state', `code=c&state=&${iss}`, 'listens'],
  ['L5', 'a wrong state', `code=c&state=s&${iss}`, 'listens'],
  ['L5', 'a longer state', `code=c&state=SS&${iss}`, 'listens'],
  ['L5', 'the state twice', `code=c&state=S&state=S&${iss}`, 'listens'],
  ['L5', 'the state and the issuer twice', `code=c&state=S&state=S&${iss}&${iss}`, 'listens'],
  ['L5', 'a wrong state with an error', `error=access_denied&state=x&${iss}`, 'listens'],
  ['L5', 'a wrong state and a wrong issuer', 'code=c&state=x&iss=https://evil.example', 'listens'],
  ['L6', 'no issuer', 'code=c&state=S', 'foreign'],
  ['L6', 'a wrong issuer', 'code=c&state=S&iss=https://evil.example', 'foreign'],
  ['L6', 'the issuer with a slash more', `code=c&state=S&${iss}/`, 'foreign'],
  ['L6', 'the issuer twice', `code=c&state=S&${iss}&${iss}`, 'foreign'],
  ['L6', 'an error without issuer', 'error=access_denied&state=S', 'foreign'],
  ['L7', 'the code twice', `code=c&code=d&state=S&${iss}`, 'listens'],
  ['L7', 'the error twice', `error=a&error=b&state=S&${iss}`, 'listens'],
  ['L7', 'an unknown parameter twice', `code=c&x=1&x=2&state=S&${iss}`, 'listens'],
  ['L7', 'neither code nor error', `state=S&${iss}`, 'listens'],
  ['L7', 'both code and error', `code=c&error=x&state=S&${iss}`, 'listens'],
  ['L7', 'an empty code', `code=&state=S&${iss}`, 'listens'],
  ['L7', 'a code of more than 4 KiB', `code=${'c'.repeat(4_097)}&state=S&${iss}`, 'listens'],
  ['L7', 'a code with a line break', `code=c%0d%0ax&state=S&${iss}`, 'listens'],
  ['L5', 'a denial', `error=access_denied&state=S&${iss}`, 'denied'],
  ['L5', 'another error', `error=server_error&error_description=no%1b%5b2Jluck&state=S&${iss}`, 'failed'],
  ['L5', 'a code, and members that nobody knows', `code=c&state=S&${iss}&session_state=1&utm=2`, 'code'],
];

describe('an answer by redirect', () => {
  it.each(cases)('L5 L6 L7: %s: with %s (%s): %s', async (_id, _what, query, end) => {
    const { server, outcome, get } = await start();
    const answered = get(query);
    if (end === 'listens') {
      expect((await answered).status).toBe(400);
      void get(`code=after&state=S&${iss}`);
      expect(await outcome).toMatchObject({ kind: 'code' });
      return;
    }
    expect((await outcome).kind).toBe(end);
    server.setPhase({ kind: 'denied' });
    expect((await answered).status).toBe(200);
  });

  it('L5: the words of a server are cleaned', async () => {
    const { outcome, get } = await start();
    void get(`error=x%00y&error_description=no%1b%5b2J%E2%80%AEluck&state=S&${iss}`);
    expect(await outcome).toEqual({ kind: 'failed', error: 'x y', description: 'no luck' });
  });

  it('L6: where nothing is known of an issuer, none is asked for', async () => {
    const { server } = await start();
    const { outcome } = server.expectCallback({ state: 'T', issuerRequired: false });
    void getRaw(server.origin, '/callback?code=c&state=T&iss=https://other.example', [
      `Host: ${new URL(server.origin).host}`,
    ]);
    expect((await outcome).kind).toBe('code');
  });

  it('L4: there is no callback before one is expected, nor the former one afterwards', async () => {
    const server = await startLoopbackServer({ clock: systemClock, random: systemRandom });
    started.push(server);
    const get = () =>
      getRaw(server.origin, '/callback?code=c&state=S', [`Host: ${new URL(server.origin).host}`]);
    expect((await get()).status).toBe(404);
    const former = server.expectCallback({ state: 'S', issuerRequired: false });
    server.expectCallback({ state: 'T', issuerRequired: false });
    expect(await former.outcome).toEqual({ kind: 'closed' });
    expect((await get()).status).toBe(400);
    expect(former.paste(`${server.redirectUri}?code=c&state=S`)).toContain('another login');
  });

  it('L3: nobody else is listened to after the answer', async () => {
    const { server, outcome, get } = await start();
    const answered = get(`code=c&state=S&${iss}`);
    await outcome;
    await expect(get(`code=c&state=S&${iss}`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    server.setPhase({ kind: 'saved', profileId: 'minimax-portal:default' });
    expect((await answered).status).toBe(200);
  });

  it.each(['denied', 'expired', 'cancelled'] as const)('L3: nobody is listened to after %s', async (kind) => {
    const { server, outcome, get } = await start();
    server.setPhase({ kind });
    await server.close();
    await server.close();
    expect(await outcome).toEqual({ kind: 'closed' });
    await expect(get('')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('L3: closing without an end lets go of a browser that waits', async () => {
    const { server, outcome, get } = await start();
    const answered = get(`code=c&state=S&${iss}`);
    await outcome;
    await server.close();
    await expect(answered.then(({ status }) => status)).resolves.toBe(0);
  });

  it('L3: a browser that went away before the end harms nothing', async () => {
    const { server, outcome } = await start();
    const browser = await openRaw(server.origin);
    const { host } = new URL(server.origin);
    browser
      .send(`GET /callback?code=c&state=S&${iss} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      .catch(() => undefined);
    await outcome;
    browser.leave();
    await browser.left;
    server.setPhase({ kind: 'saved', profileId: 'minimax-portal:default' });
    await server.close();
    await expect(visit(`${server.origin}/`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('L3: a listener alone keeps no process alive', async () => {
    const module = join(import.meta.dirname, '../../src/oauth/loopback-server.ts');
    const random = join(import.meta.dirname, '../../src/platform/random.ts');
    const clock = join(import.meta.dirname, '../../src/platform/clock.ts');
    const program = `
      const { startLoopbackServer } = await import(${JSON.stringify(module)});
      const { systemRandom } = await import(${JSON.stringify(random)});
      const { systemClock } = await import(${JSON.stringify(clock)});
      const server = await startLoopbackServer({ clock: systemClock, random: systemRandom });
      server.expectCallback({ state: 'S', issuerRequired: false });
      console.log(server.origin);`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', program],
      { timeout: 20_000 },
    );
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
  });

  it('L8: of two answers that race one is taken, and the other gets 409', async () => {
    for (let run = 0; run < 10; run += 1) {
      const { server, outcome, get } = await start();
      const ended = [get(`code=a&state=S&${iss}`), get(`code=b&state=S&${iss}`)].map((answer) =>
        answer.then(
          ({ status }) => status,
          () => 0,
        ),
      );
      const taken = await outcome;
      const other = await Promise.race(ended);
      // The second had its connection before the first was read, or found nobody any more.
      expect([409, 0]).toContain(other);
      server.setPhase({ kind: 'denied' });
      expect((await Promise.all(ended)).filter((status) => status === 200)).toHaveLength(1);
      expect(taken.kind).toBe('code');
    }
  });

  it('L8: a connection from before the answer gets 409 with a second one, 400 with a wrong one', async () => {
    const { server, outcome, get } = await start();
    const [second, third] = [await openRaw(server.origin), await openRaw(server.origin)];
    const answered = get(`code=a&state=S&${iss}`);
    const taken = await outcome;
    const head = (query: string) =>
      `GET /callback?${query} HTTP/1.1\r\nHost: ${new URL(server.origin).host}\r\n\r\n`;
    expect((await second.send(head(`code=b&state=S&${iss}`))).status).toBe(409);
    expect((await third.send(head(`code=b&state=x&${iss}`))).status).toBe(400);
    expect(taken.kind === 'code' && taken.response.code.reveal()).toBe('a');
    server.setPhase({ kind: 'denied' });
    expect((await answered).body).toContain('declined');
  });

  it('L12: the browser is shown success only when the login is saved, and is sent nowhere', async () => {
    const { server, outcome, get } = await start();
    let isAnswered = false;
    const other = await openRaw(server.origin);
    const answered = get(`code=c&state=S&${iss}&redirect=https://evil.example&return_to=//evil.example`);
    void answered.then(() => {
      isAnswered = true;
    });
    await outcome;
    server.setPhase({ kind: 'checking' });
    await other.send('GET / HTTP/1.1\r\n\r\n');
    expect(isAnswered).toBe(false);
    server.setPhase({ kind: 'saved', profileId: 'minimax-portal:default' });
    // The first end stays.
    server.setPhase({ kind: 'denied' });
    const { status, headers, body } = await answered;
    expect(status).toBe(200);
    expect(body).toContain('minimax-portal:default');
    expect(headers).not.toHaveProperty('location');
    expect(headers['content-security-policy']).toMatch(/^default-src 'none';/);
    expect(body).not.toMatch(/evil|state=S|code=c/);
  });

  it.each([
    [{ kind: 'denied' }, 'declined'],
    [{ kind: 'expired' }, 'expired'],
    [{ kind: 'cancelled' }, 'stopped'],
    [
      { kind: 'failed', message: 'No luck <b>here</b>.', remedy: 'Run `openclaw auth login`.' },
      'No luck &lt;b&gt;',
    ],
  ] as const)('L12: the browser is told the end %j', async (end, words) => {
    const { server, outcome, get } = await start();
    const answered = get(`code=c&state=S&${iss}`);
    await outcome;
    server.setPhase(end);
    await server.close();
    const { status, body } = await answered;
    expect(status).toBe(200);
    expect(body).toContain(words);
    expect(body).not.toContain('You are logged in');
  });
});

describe('an answer by hand', () => {
  it.each(cases)('C4: %s, with %s (%s): %s', async (_id, _what, query, end) => {
    const { server, outcome, paste } = await start();
    const reason = paste(`${server.redirectUri}?${query}`);
    if (end === 'listens') {
      expect(reason).toMatch(/^(it|its|a) /);
      expect(reason).not.toContain('evil');
      expect(paste(`${server.redirectUri}?code=after&state=S&${iss}`)).toBeUndefined();
      expect((await outcome).kind).toBe('code');
      return;
    }
    expect(reason).toBeUndefined();
    expect((await outcome).kind).toBe(end);
  });

  it.each([
    ['spaces around', (url: string) => `  ${url}\t\n`],
    ['quotes', (url: string) => `"${url}"`],
    ['brackets', (url: string) => `<${url}>`],
    [
      'a terminal that broke the line',
      (url: string) => `${url.slice(0, 30)}\r\n${url.slice(30, 50)}\n  ${url.slice(50)}`,
    ],
    ['a fragment', (url: string) => `${url}#_=_`],
  ])('C4: is taken with %s', async (_, dress) => {
    const { server, outcome, paste } = await start();
    expect(paste(dress(`${server.redirectUri}?code=the-code&state=S&${iss}`))).toBeUndefined();
    const taken = await outcome;
    expect(taken.kind === 'code' && taken.response.code.reveal()).toBe('the-code');
  });

  it('C4: another address is refused, and a second answer as well', async () => {
    const { server, paste } = await start();
    const query = `code=c&state=S&${iss}`;
    const { port } = new URL(server.origin);
    for (const address of [
      '',
      'the-code',
      query,
      server.redirectUri,
      `http://localhost:${port}/callback?${query}`,
      `https://127.0.0.1:${port}/callback?${query}`,
      `http://127.0.0.1:1/callback?${query}`,
      `http://127.0.0.1:${port}/other?${query}`,
      `http://x@127.0.0.1:${port}/callback?${query}`,
      `${server.redirectUri}/?${query}`,
      `${server.redirectUri}?${query}${'&'.repeat(17_000)}`,
    ]) {
      expect(paste(address)).toMatch(/^it /);
    }
    expect(paste(`${server.redirectUri}?${query}`)).toBeUndefined();
    expect(paste(`${server.redirectUri}?${query}`)).toContain('has been answered');
  });
});
