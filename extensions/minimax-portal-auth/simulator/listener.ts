// One HTTP listener on loopback: reads a request whole, writes it down, lets the fault it meets have its way, and
// sends the reply. Decides the order of these steps (a fault comes before processing, or after it when asked) and
// that a request whose client has left is not processed after a wait. Routing belongs to the app it is given.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HostApp } from './account-server.ts';
import { jsonReply } from './exchange.ts';
import type { Inbound, Reply } from './exchange.ts';
import type { Fault } from './faults.ts';
import type { OpenRecord } from './journal.ts';
import type { Portal } from './portal-state.ts';
import { createTransmitter } from './transmit.ts';
import type { Transmitter } from './transmit.ts';

const SECRET_PARAMETERS = new Set(['access_token', 'refresh_token', 'token', 'code_verifier', 'api_key']);

const CAPTIVE_PORTAL_PAGE =
  '<!doctype html><html lang="en"><head><title>Wi-Fi sign-in</title></head>' +
  '<body><h1>Welcome</h1><p>Accept the terms to go online.</p></body></html>';

export interface Listener {
  /** Binds 127.0.0.1 and returns the port. Rejects with the system's error when it cannot. */
  open(port: number): Promise<number>;
  close(): Promise<void>;
}

/** What a `status`, `html` or `garbage` fault says. */
function faultReply(fault: Fault): Reply {
  if (fault.kind === 'html') {
    const reply = jsonReply(fault.status ?? 200, null, { 'content-type': 'text/html; charset=utf-8' });
    return { ...reply, body: typeof fault.body === 'string' ? fault.body : CAPTIVE_PORTAL_PAGE };
  }
  if (fault.kind === 'garbage') {
    const body = typeof fault.body === 'string' ? fault.body : '{"status":"success","access_token":"sim-';
    return { ...jsonReply(fault.status ?? 200, null), body };
  }
  const status = fault.status ?? 503;
  const headers: Record<string, string> =
    fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  if (typeof fault.body === 'string') return { ...jsonReply(status, null, headers), body: fault.body };
  const plain = { type: 'error', error: { type: 'api_error', message: `simulated ${status}` } };
  return jsonReply(status, fault.body ?? plain, headers);
}

export function createListener(deps: {
  name: 'account' | 'api';
  portal: Portal;
  app: HostApp;
  bodyLimitBytes: number;
}): Listener {
  const { name, portal, app, bodyLimitBytes } = deps;
  let server: Server | undefined;

  /** The body, or why there is none: larger than the limit, or the client left before its end. */
  async function readBody(request: IncomingMessage): Promise<{ text: string } | { flaw: 'large' | 'gone' }> {
    const pieces: Buffer[] = [];
    let size = 0;
    try {
      // Not destroyed on an early return: the refusal still has to reach the client.
      for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        size += piece.length;
        if (size > bodyLimitBytes) return { flaw: 'large' };
        pieces.push(piece);
      }
    } catch (error) {
      if (request.destroyed) return { flaw: 'gone' };
      throw error;
    }
    return { text: Buffer.concat(pieces).toString('utf8') };
  }

  function judgeQuery(inbound: Inbound): void {
    for (const [parameter, value] of inbound.query) {
      if (SECRET_PARAMETERS.has(parameter) || portal.families.isIssued(value)) {
        portal.journal.violate('token_in_query', `${inbound.method} ${inbound.path}`);
        return;
      }
    }
  }

  async function misbehave(fault: Fault, inbound: Inbound, wire: Transmitter): Promise<void> {
    const answerFirst = fault.afterProcessing ? app.answer(inbound) : undefined;
    const answer = (): Reply => answerFirst ?? app.answer(inbound);
    switch (fault.kind) {
      case 'reset':
        return wire.reset();
      case 'status':
      case 'html':
      case 'garbage':
        return wire.send(faultReply(fault));
      case 'huge_body':
        return wire.bomb();
      case 'hang':
        if (await wire.waitFor((release) => portal.faults.onRelease(release))) await wire.send(answer());
        return undefined;
      case 'slow':
        if (await wire.wait(fault.delayMs ?? 1000)) await wire.send(answer());
        return undefined;
      case 'late_answer': {
        const late = answer();
        if (await wire.wait(fault.delayMs ?? 1000)) await wire.send(late);
        return undefined;
      }
      case 'drip':
        return wire.drip(answer(), fault.delayMs ?? 100);
      case 'cut_stream':
        return wire.cut(answer(), fault.afterEvents);
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrivedAtMs = portal.clock.nowMs();
    const target = request.url ?? '/';
    const base = 'http://127.0.0.1';
    const url = URL.canParse(target, base) ? new URL(target, base) : undefined;
    const path = url?.pathname ?? '';
    const method = request.method ?? 'GET';
    const silent: OpenRecord = { met: () => undefined, answered: () => undefined };
    const record = app.isControl(path)
      ? silent
      : portal.journal.open({ listener: name, method, path, headers: Object.keys(request.headers) });
    const serverNowMs = (): number => portal.serverNowMs();
    const wire = createTransmitter({ response, clock: portal.clock, record, serverNowMs });
    try {
      const body = await readBody(request);
      if ('flaw' in body) {
        if (body.flaw === 'large') {
          request.resume();
          await wire.send(jsonReply(413, { error: 'request_too_large' }, { connection: 'close' }));
        }
        return;
      }
      if (url === undefined) return await wire.send(jsonReply(400, { error: 'invalid_request' }));
      const { headers } = request;
      const inbound = { method, path, query: url.searchParams, headers, body: body.text, arrivedAtMs };
      if (!app.isControl(path)) judgeQuery(inbound);

      const targets = app.faultTargets(inbound);
      const fault = targets === null ? undefined : portal.faults.take(targets);
      if (fault === undefined) return await wire.send(app.answer(inbound));
      record.met(fault.kind);
      portal.journal.count('faultsServed');
      await misbehave(fault, inbound, wire);
    } catch (error) {
      // A mistake of the simulator itself: loud, and never mistaken for one of MiniMax's answers.
      const message = error instanceof Error ? error.message : String(error);
      if (response.headersSent) response.destroy();
      else await wire.send(jsonReply(500, { error: 'simulator_failed', message }));
    }
  }

  return {
    open(port) {
      return new Promise((resolve, reject) => {
        const opened = createServer((request, response) => void serve(request, response));
        // Longer than any test pauses: a connection closed for idleness would look like a fault nobody asked for.
        opened.keepAliveTimeout = 120_000;
        opened.once('error', reject);
        opened.listen(port, '127.0.0.1', () => {
          opened.off('error', reject);
          server = opened;
          resolve((opened.address() as AddressInfo).port);
        });
      });
    },
    close() {
      const open = server;
      server = undefined;
      if (open === undefined) return Promise.resolve();
      return new Promise((resolve) => {
        open.close(() => resolve());
        open.closeAllConnections();
      });
    },
  };
}
