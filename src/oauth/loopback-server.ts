// The listener of one login on this machine's loopback address: the page that leads a device login, and the redirect of
// an authorization request (RFC 8252 section 7.3). It decides how long it listens and who gets the end. What the page
// says is login-page.ts', what a callback must be is callback.ts', who is answered at all loopback-guard.ts'.
import { createServer, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { localeOfHeader, type Locale } from '../language/locale.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import { isSameText, type CallbackExpectation } from './callback.ts';
import { createCallbackDesk, type ExpectedCallback } from './expected-callback.ts';
import { describePhase, type LoginPageView } from './login-page-state.ts';
import { renderLoginPage } from './login-page.ts';
import { isLoginEnd, type LoginEnd, type LoginPhase, type LoginSubject } from './login-phase.ts';
import { bindLoopback, type loopbackAddresses } from './loopback-address.ts';
import { answerFault, refuse, sendPage } from './loopback-answer.ts';
import { admit, isNavigation, isOwnStream } from './loopback-guard.ts';
import { createPageWatchers } from './page-watchers.ts';

export type LoopbackServer = {
  /** `http://127.0.0.1:41234`, or `http://[::1]:41234` where there is no IPv4. */
  readonly origin: string;
  /** Where an authorization response is taken, by the literal address that is bound. */
  readonly redirectUri: string;
  /**
   * Serves the page of a device login and returns its address, which holds 128 random bits. A second call is for a new
   * code: the former page is gone.
   */
  servePage(subject: LoginSubject): string;
  /**
   * Takes the first answer that fits, from then on no new connection, and holds that answer's browser until the end is
   * known. A second call replaces what is expected.
   */
  expectCallback(expectation: CallbackExpectation): ExpectedCallback;
  /** False once an answer has been taken, or after `close`. */
  isListening(): boolean;
  /** What page and held callback say from now on; the first end stays. `cancelled` also cuts the wait of `close`. */
  setPhase(phase: LoginPhase): void;
  /**
   * Shows open pages the end, answers the held callback with it, and listens no more. A page without scripts is given
   * 5 s to fetch the end, unless it is `cancelled`; nothing is waited for where there is no end.
   */
  close(): Promise<void>;
};

export type LoopbackServerDeps = {
  clock: Clock;
  random: Random;
  /** Tried in this order; both by default. */
  addresses?: readonly (typeof loopbackAddresses)[number][];
  /** For a client to send its request; 5 s. */
  requestTimeoutMs?: number;
};

const maxHeaderBytes = 16 * 1024;
const maxConnections = 64;
const reloadWaitMs = 5_000;
/** For bytes to leave; a person who presses Ctrl-C waits for nobody. */
const flushMs = { cancelled: 20, other: 1_000 };

/** Listens at once. Does not keep the process alive before `close`. Throws PORT_REFUSED. */
export async function startLoopbackServer(deps: LoopbackServerDeps): Promise<LoopbackServer> {
  const { clock, random, requestTimeoutMs = 5_000 } = deps;
  const { default: express } = await import('express');
  const watchers = createPageWatchers(clock);
  const sockets = new Set<Socket>();
  const answering = new Set<ServerResponse>();
  let authority = '';
  let page: { path: string; subject: LoginSubject } | undefined;
  let phase: LoginPhase = { kind: 'waiting', remainingMs: 0 };
  let phaseAtMs = clock.monotonicMs();
  let end: LoginEnd | undefined;
  let held: { response: ServerResponse; locale: Locale } | undefined;
  let onReload: (() => void) | undefined;
  let closing: Promise<void> | undefined;

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('strict routing');
  app.enable('case sensitive routing');
  app.use((request, response, next) => {
    answering.add(response);
    response.once('close', () => answering.delete(response));
    const admission = admit(request, authority);
    if (admission.kind === 'refused') {
      refuse(response, admission.status);
      return;
    }
    request.url = `${admission.path}?${admission.query}`;
    next();
  });

  app.get('/callback', (request, response, next) => {
    if (!isNavigation(request)) {
      refuse(response, 403);
      return;
    }
    const result = desk.offer(new URLSearchParams(request.url.replace(/^.*?\?/, '')));
    if (result === 'absent') next();
    else if (result === 'refused') refuse(response, 400);
    else if (result === 'late') refuse(response, 409);
    else held = { response, locale: localeOfHeader(request.headers['accept-language']) };
  });

  app.get(/^\/[^/]+$/, (request, response, next) => {
    if (page === undefined || !isSameText(request.path, page.path)) next();
    else if (!isNavigation(request)) refuse(response, 403);
    else {
      watchers.fetched();
      const locale = localeOfHeader(request.headers['accept-language']);
      sendPage(response, renderLoginPage(view(page), locale));
      if (end !== undefined) onReload?.();
    }
  });

  app.get(/^\/[^/]+\/events$/, (request, response, next) => {
    if (page === undefined || !isSameText(request.path, eventsPath(page))) next();
    else if (!isOwnStream(request)) refuse(response, 403);
    else {
      const watched = page;
      const locale = localeOfHeader(request.headers['accept-language']);
      if (!watchers.watch(response, () => describePhase(view(watched), locale))) refuse(response, 503);
      if (end !== undefined) onReload?.();
    }
  });

  app.use((_request, response) => refuse(response, 404));
  app.use((_error: unknown, _request: unknown, response: ServerResponse, _next: unknown) => {
    if (response.headersSent) response.destroy();
    else refuse(response, 500);
  });

  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.ceil(requestTimeoutMs / 5),
    },
    app,
  );
  server.maxConnections = maxConnections;
  server.on('checkContinue', app).on('checkExpectation', app);
  server.on('clientError', answerFault);
  server.on('connection', (socket) => {
    socket.unref();
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  authority = await bindLoopback(server, deps.addresses);
  server.unref();
  const origin = `http://${authority}`;
  const redirectUri = `${origin}/callback`;
  const desk = createCallbackDesk(redirectUri, () => void stopListening());

  function view(of: typeof page): LoginPageView {
    const sinceMs = clock.monotonicMs() - phaseAtMs;
    const remainingMs = 'remainingMs' in phase ? Math.max(0, phase.remainingMs - sinceMs) : 0;
    return {
      subject: of?.subject,
      phase,
      remainingMs,
      eventsPath: of === undefined || end !== undefined ? undefined : eventsPath(of),
    };
  }

  function changePhase(next: LoginPhase): void {
    phase = next;
    phaseAtMs = clock.monotonicMs();
  }

  /** Nobody else is listened to from here on; connections that are open are answered. */
  let stopped: Promise<void> | undefined;
  function stopListening(): Promise<void> {
    stopped ??= new Promise((resolve) => {
      server.close(() => resolve());
    });
    return stopped;
  }

  function answerHeld(): void {
    if (held !== undefined) sendPage(held.response, renderLoginPage(view(undefined), held.locale));
    held = undefined;
  }

  /** Until what is answered has left, or the time is up. */
  async function flush(limitMs: number): Promise<void> {
    const open = [...answering].filter((response) => response.writableEnded && !response.closed);
    if (open.length === 0) return;
    await within(clock, limitMs, (done) => {
      for (const response of open) {
        response.once('close', () => {
          if (open.every(({ closed }) => closed)) done();
        });
      }
    });
  }

  async function shut(): Promise<void> {
    const isWaitedFor = end !== undefined && end.kind !== 'cancelled';
    if (isWaitedFor && server.listening && watchers.isReloadExpected()) {
      await within(clock, reloadWaitMs, (done) => {
        onReload = done;
      });
    }
    const whenStopped = stopListening();
    desk.end();
    if (end === undefined) watchers.drop();
    else await flush(isWaitedFor ? flushMs.other : flushMs.cancelled);
    for (const socket of sockets) socket.destroy();
    await whenStopped;
  }

  return {
    origin,
    redirectUri,
    servePage(subject) {
      watchers.drop();
      page = { path: `/${random.bytes(16).toString('base64url')}`, subject };
      if (end === undefined) changePhase({ kind: 'waiting', remainingMs: subject.expiresInMs });
      return `${origin}${page.path}`;
    },
    expectCallback: desk.expect,
    isListening: () => server.listening,
    setPhase(next) {
      // Who presses Ctrl-C while the last browser is waited for does not want to wait.
      if (closing !== undefined && next.kind === 'cancelled') onReload?.();
      if (end !== undefined || closing !== undefined) return;
      changePhase(next);
      if (!isLoginEnd(next)) {
        watchers.tell();
        return;
      }
      end = next;
      desk.end();
      watchers.finish();
      answerHeld();
    },
    close() {
      closing ??= shut();
      return closing;
    },
  };
}

function eventsPath(page: { path: string }): string {
  return `${page.path}/events`;
}

/** Resolves when `done` is called, or when the time is up. */
function within(clock: Clock, limitMs: number, begin: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.setTimer(resolve, limitMs);
    begin(() => {
      cancel();
      resolve();
    });
  });
}
