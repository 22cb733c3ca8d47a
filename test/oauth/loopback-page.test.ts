// The page of a device login as its listener serves it: the address, the live state, the languages, and who is shown the
// end before the listener goes.
import { afterEach, describe, expect, it } from 'vitest';
import { startLoopbackServer, type LoopbackServer } from '../../src/oauth/loopback-server.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { loginSubject } from '../support/login-subject.ts';
import { visit } from '../support/raw-http.ts';

const started: { server: LoopbackServer; clock: FakeClock; ends: AbortController }[] = [];
afterEach(async () => {
  for (const { server, clock, ends } of started.splice(0)) {
    ends.abort();
    const closed = server.close();
    await clock.advance(10_000);
    await closed;
  }
});

async function start() {
  const clock = createFakeClock();
  const server = await startLoopbackServer({ clock, random: systemRandom });
  const ends = new AbortController();
  started.push({ server, clock, ends });
  const address = server.servePage({ ...loginSubject, expiresInMs: 300_000 });
  return { server, clock, address, ends };
}

/** A browser's event stream: each call resolves with the next line that says something, undefined at the end. */
async function watch(address: string, signal: AbortSignal, headers: Record<string, string> = {}) {
  const response = await fetch(`${address}/events`, { signal, headers });
  const chunks = (response.body ?? new ReadableStream<Uint8Array>()).pipeThrough(new TextDecoderStream());
  const reader = chunks.getReader();
  let text = '';
  const next = async (): Promise<string | undefined> => {
    for (;;) {
      const [line, rest] = text.split(/\n\n(.*)/s, 2);
      if (rest !== undefined) {
        text = rest;
        return line;
      }
      const { done, value } = await reader.read();
      if (done) return undefined;
      text += value;
    }
  };
  const nextState = async (): Promise<Record<string, unknown>> => {
    const line = await next();
    expect(line).toMatch(/^data: /);
    return JSON.parse((line ?? '').slice(6)) as Record<string, unknown>;
  };
  return { response, next, nextState };
}

const isRefused = (address: string): Promise<boolean> =>
  visit(address).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
  );

describe('the page', () => {
  it('L11: has an address of 128 random bits, and only that one', async () => {
    const { server, address } = await start();
    expect(new URL(address).pathname).toMatch(/^\/[\w-]{22}$/);
    const nonce = new URL(address).pathname.slice(1);
    const encoded = `/%${nonce.charCodeAt(0).toString(16)}${nonce.slice(1)}`;
    const others = ['/', `/${nonce}/`, `/${nonce.slice(1)}`, encoded, `/${nonce}x`, `/${nonce}/Events`];
    for (const path of others) expect((await visit(`${server.origin}${path}`)).status).toBe(404);
    const page = await visit(address);
    expect(page.status).toBe(200);
    expect(page.body).toContain(loginSubject.userCode);
  });

  it('L4: a new code has a new page, and the former one is gone', async () => {
    const { server, address } = await start();
    const second = server.servePage({ ...loginSubject, userCode: 'WXYZ-1234' });
    expect(second).not.toBe(address);
    expect((await visit(address)).status).toBe(404);
    expect((await visit(second)).body).toContain('WXYZ-1234');
  });

  it('L11: speaks the language of the browser', async () => {
    const { address, ends } = await start();
    const page = await visit(address, ['Accept-Language: fr, ja;q=0.5']);
    expect(page.body).toContain('<html lang="ja">');
    const { nextState } = await watch(address, ends.signal, { 'accept-language': 'da' });
    expect(await nextState()).toMatchObject({ kind: 'waiting' });
  });

  it('L11: follows the login live, from its present state to its end', async () => {
    const { server, clock, address, ends } = await start();
    await clock.advance(60_000);
    const { response, next, nextState } = await watch(address, ends.signal, {
      'sec-fetch-site': 'same-origin',
      'sec-fetch-mode': 'cors',
    });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await nextState()).toMatchObject({ kind: 'waiting', remainingMs: 240_000 });
    server.setPhase({ kind: 'trouble', remainingMs: 200_000, reason: 'no network', retryInMs: 8_000 });
    expect(await nextState()).toMatchObject({ kind: 'trouble', remainingMs: 200_000, retryInMs: 8_000 });
    await clock.advance(15_000);
    expect(await next()).toBe(': keep-alive');
    server.setPhase({ kind: 'checking' });
    expect(await nextState()).toMatchObject({ kind: 'checking' });
    server.setPhase({ kind: 'saved', profileId: 'minimax-portal:default' });
    expect(await nextState()).toMatchObject({ kind: 'saved' });
    expect(await next()).toBeUndefined();
  });

  it('L4: watches are few, and one that ends makes room', async () => {
    const { address } = await start();
    const stop = new AbortController();
    const watches = await Promise.all(Array.from({ length: 8 }, () => watch(address, stop.signal)));
    expect(watches.map(({ response }) => response.status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect((await fetch(`${address}/events`)).status).toBe(503);
    stop.abort();
    const again = new AbortController();
    let status = 503;
    while (status === 503) status = (await watch(address, again.signal)).response.status;
    expect(status).toBe(200);
    again.abort();
  });
});

describe('the end', () => {
  it('L3: is shown to those who watch, and nobody is waited for', async () => {
    const { server, address, ends } = await start();
    await visit(address);
    const { next, nextState } = await watch(address, ends.signal);
    await nextState();
    server.setPhase({ kind: 'saved', profileId: 'minimax-portal:default' });
    const closed = server.close();
    expect(await nextState()).toMatchObject({ kind: 'saved' });
    expect(await next()).toBeUndefined();
    await closed;
    expect(await isRefused(address)).toBe(true);
  });

  it('L3: waits for one more fetch of a page without scripts', async () => {
    const { server, clock, address } = await start();
    await visit(address);
    server.setPhase({ kind: 'saved', profileId: 'minimax-portal:default' });
    const closed = server.close();
    await clock.advance(3_000);
    expect((await visit(address)).body).toContain('minimax-portal:default');
    await closed;
    expect(await isRefused(address)).toBe(true);
  });

  it('L3: waits 5 s at most', async () => {
    const { server, clock, address } = await start();
    await visit(address);
    server.setPhase({ kind: 'denied' });
    const closed = server.close();
    await clock.advance(4_900);
    expect(await isRefused(`${server.origin}/`)).toBe(false);
    await clock.advance(200);
    await closed;
    expect(await isRefused(address)).toBe(true);
  });

  it('L3: Ctrl-C cuts the wait', async () => {
    const { server, address } = await start();
    await visit(address);
    server.setPhase({ kind: 'denied' });
    const closed = server.close();
    server.setPhase({ kind: 'cancelled' });
    await closed;
    expect(await isRefused(address)).toBe(true);
  });

  it.each([
    ['is not waited for after a stop by the person', { kind: 'cancelled' }, 1_000],
    ['is not waited for when the page was fetched long ago', { kind: 'denied' }, 10_001],
    ['is not waited for where there is none', undefined, 1_000],
  ] as const)('L3: a page %s', async (_, end, agoMs) => {
    const { server, clock, address } = await start();
    await visit(address);
    await clock.advance(agoMs);
    if (end !== undefined) server.setPhase(end);
    await server.close();
    expect(await isRefused(address)).toBe(true);
    expect(clock.timerCount()).toBe(0);
  });

  it('L3: a stop by the person is shown to those who watch', async () => {
    const { server, address, ends } = await start();
    const { nextState, next } = await watch(address, ends.signal);
    await nextState();
    server.setPhase({ kind: 'cancelled' });
    await server.close();
    expect(await nextState()).toMatchObject({ kind: 'cancelled' });
    expect(await next()).toBeUndefined();
  });
});
