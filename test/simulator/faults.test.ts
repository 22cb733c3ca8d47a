// Every misbehaviour, as a client meets it on the wire.
import { createGunzip } from 'node:zlib';
import { get } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FaultRequest } from '../../extensions/minimax-portal-auth/simulator/faults.ts';
import { call, createPortalCaller, OPENCLAW_CLIENT, tokensOf } from '../support/portal-caller.ts';
import type { PortalCaller, TokenPair } from '../support/portal-caller.ts';

let portal: PortalCaller;
let pair: TokenPair;
beforeEach(async () => {
  portal = await createPortalCaller();
  pair = await portal.logIn();
});
afterEach(() => portal.simulator.stop());

const fault = (request: FaultRequest): void => portal.simulator.control.addFault(request);

/** The system's code of a failed fetch, such as ECONNRESET. */
async function failureOf(doing: Promise<unknown>): Promise<unknown> {
  const error: unknown = await doing.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? cause.code : error;
}

describe('status, html and garbage', () => {
  it('answers with the status, Retry-After and body asked for, as often as asked', async () => {
    fault({ target: 'refresh', kind: 'status', status: 503, retryAfter: '2', times: 2 });
    fault({ target: 'refresh', kind: 'status', status: 400, body: { error: 'invalid_grant' } });
    for (const round of [1, 2]) {
      const { status, headers } = await portal.refresh(pair.refresh);
      expect([round, status, headers.get('retry-after')]).toEqual([round, 503, '2']);
    }
    expect((await portal.refresh(pair.refresh)).json).toEqual({ error: 'invalid_grant' });
    expect((await portal.refresh(pair.refresh)).json['status']).toBe('success');
    expect(portal.simulator.control.state().counters).toMatchObject({ refreshes: 1, faultsServed: 3 });
  });

  it('answers with a captive portal, and with JSON that breaks off', async () => {
    fault({ target: 'any', kind: 'html' });
    fault({ target: 'messages', kind: 'garbage' });
    const html = await portal.message(pair.access);
    expect([html.status, html.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const garbage = await portal.message(pair.access);
    expect(garbage.headers.get('content-type')).toBe('application/json');
    expect(() => JSON.parse(garbage.text)).toThrow(SyntaxError);
  });

  it('can do the work first and hide it', async () => {
    fault({ target: 'refresh', kind: 'status', status: 502, afterProcessing: true });
    expect((await portal.refresh(pair.refresh)).status).toBe(502);
    expect((await portal.refresh(pair.refresh)).json['error']).toBe('invalid_grant');
    expect(portal.rules()).toEqual(['refresh_reuse']);
  });
});

describe('targets', () => {
  const targets = [
    ['device', 'device'],
    ['poll', 'poll'],
    ['token', 'poll'],
    ['token', 'refresh'],
    ['refresh', 'refresh'],
    ['messages', 'messages'],
    ['usage', 'usage'],
    ['any', 'usage'],
    ['any', 'device'],
  ] as const;
  it.each(targets)('%s meets a request of kind %s, once, and no other', async (target, kind) => {
    const login = await portal.openLogin();
    const requests = {
      device: async () => (await portal.openLogin()).answer,
      poll: () => portal.poll(login),
      refresh: () => portal.refresh('nonsense'),
      messages: () => portal.message(pair.access),
      usage: () =>
        call(`${portal.apiUrl}/v1/token_plan/remains`, {
          headers: { authorization: `Bearer ${pair.access}` },
        }),
    };
    fault({ target, kind: 'status', status: 504 });
    await call(`${portal.accountUrl}/oauth-authorize`);
    expect(portal.simulator.control.faults()).toHaveLength(1);
    expect((await requests[kind]()).status).toBe(504);
    expect(portal.simulator.control.faults()).toHaveLength(0);
    expect((await requests[kind]()).status).not.toBe(504);
  });

  it('keeps a fault for its target while others pass', async () => {
    fault({ target: 'poll', kind: 'reset' });
    expect((await portal.message(pair.access)).status).toBe(200);
    expect(portal.simulator.control.state().waitingFaults).toBe(1);
  });
});

describe('connections', () => {
  it('resets before the work', async () => {
    fault({ target: 'refresh', kind: 'reset' });
    expect(await failureOf(portal.refresh(pair.refresh))).toBe('ECONNRESET');
    expect((await portal.refresh(pair.refresh)).json['status']).toBe('success');
    expect(portal.rules()).toEqual([]);
  });

  it('resets after the work, and the rotated token is lost', async () => {
    fault({ target: 'refresh', kind: 'reset', afterProcessing: true });
    expect(await failureOf(portal.refresh(pair.refresh))).toBe('ECONNRESET');
    expect(portal.simulator.control.state().counters.refreshes).toBe(1);
    expect((await portal.refresh(pair.refresh)).json['error']).toBe('invalid_grant');
  });

  it('hangs until the faults are cleared', async () => {
    fault({ target: 'refresh', kind: 'hang' });
    const answering = portal.refresh(pair.refresh);
    await expect.poll(() => portal.simulator.control.state().counters.faultsServed, { interval: 5 }).toBe(1);
    expect(portal.simulator.control.state().counters.refreshes).toBe(0);
    portal.simulator.control.clearFaults();
    expect(tokensOf(await answering).access).toMatch(/^sim-at-/);
  });

  it('does not work for a client that left while it hung', async () => {
    fault({ target: 'refresh', kind: 'hang' });
    const leaving = new AbortController();
    const answering = call(`${portal.accountUrl}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: pair.refresh,
        client_id: OPENCLAW_CLIENT.id,
      }),
      signal: leaving.signal,
    });
    await expect.poll(() => portal.simulator.control.state().counters.faultsServed, { interval: 5 }).toBe(1);
    leaving.abort();
    await expect(answering).rejects.toThrow('abort');
    expect((await portal.refresh(pair.refresh)).json['status']).toBe('success');
    portal.simulator.control.clearFaults();
    expect(portal.simulator.control.state().counters.refreshes).toBe(1);
    expect(portal.rules()).toEqual([]);
  });

  it('stops while something hangs', async () => {
    fault({ target: 'any', kind: 'hang' });
    const answering = failureOf(portal.message(pair.access));
    await expect.poll(() => portal.simulator.control.state().counters.faultsServed, { interval: 5 }).toBe(1);
    await portal.simulator.stop();
    expect(await answering).toBeDefined();
    expect(await failureOf(call(portal.accountUrl))).toBe('ECONNREFUSED');
  });
});

describe('time', () => {
  it.each([
    ['slow', 0],
    ['late_answer', 1],
  ] as const)('%s answers after its delay; work done meanwhile: %i', async (kind, refreshes) => {
    fault({ target: 'refresh', kind, delayMs: 5000 });
    const answering = portal.refresh(pair.refresh);
    await portal.clock.timerSet();
    expect(portal.simulator.control.state().counters.refreshes).toBe(refreshes);
    portal.clock.advance(5000);
    expect((await answering).json['status']).toBe('success');
  });

  it('drips a body byte by byte', async () => {
    fault({ target: 'usage', kind: 'drip', delayMs: 1000 });
    const response = await fetch(`${portal.apiUrl}/v1/token_plan/remains`, {
      headers: { authorization: `Bearer ${pair.access}` },
    });
    const reader = response.body?.getReader();
    const bytes: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      bytes.push(...((await reader?.read())?.value ?? []));
      await portal.clock.timerSet();
      portal.clock.advance(1000);
    }
    await reader?.cancel();
    expect(Buffer.from(bytes).toString()).toBe('{"b');
  });
});

describe('bodies', () => {
  it('breaks a stream off after so many events', async () => {
    fault({ target: 'messages', kind: 'cut_stream', afterEvents: 4 });
    const response = await fetch(`${portal.apiUrl}/anthropic/v1/messages`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'anthropic-version': '2023-06-01',
        authorization: `Bearer ${pair.access}`,
        'x-api-key': pair.access,
      },
      body: JSON.stringify({
        model: 'MiniMax-M3',
        max_tokens: 9,
        stream: true,
        messages: [{ role: 'user', content: 'hi' }],
      }),
    });
    let text = '';
    const reading = (async () => {
      for await (const piece of response.body ?? []) text += Buffer.from(piece).toString();
    })();
    await expect(reading).rejects.toThrow('terminated');
    expect(text.match(/^event: .*$/gm)).toEqual([
      'event: message_start',
      'event: content_block_start',
      'event: ping',
      'event: content_block_delta',
    ]);
  });

  it('breaks a plain body off half-way', async () => {
    fault({ target: 'refresh', kind: 'cut_stream' });
    await expect(portal.refresh(pair.refresh)).rejects.toThrow('terminated');
    expect(portal.simulator.control.state().counters.refreshes).toBe(1);
  });

  it('sends little that unpacks to 200 MB of valid gzip', async () => {
    fault({ target: 'any', kind: 'huge_body' });
    const sizes = await new Promise<{ wire: number; decoded: number }>((resolve, reject) => {
      get(`${portal.accountUrl}/oauth2/token`, (response) => {
        let decoded = 0;
        const counter = new Writable({
          write(piece: Buffer, _encoding, done) {
            decoded += piece.length;
            done();
          },
        });
        expect(response.headers['content-encoding']).toBe('gzip');
        const wire = Number(response.headers['content-length']);
        pipeline(response, createGunzip(), counter).then(() => resolve({ wire, decoded }), reject);
      }).on('error', reject);
    });
    expect(sizes.wire).toBeLessThan(300_000);
    expect(sizes.decoded).toBe(200 * 1024 * 1024 + 2);
  });
});
