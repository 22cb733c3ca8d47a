// The login page on a loopback server whose phase a test sets: what a browser meets, without a login behind it.
import type { ServerResponse } from 'node:http';
import type { Locale } from '../../src/language/locale.ts';
import { renderLoginPage } from '../../src/oauth/login-page.ts';
import { describePhase } from '../../src/oauth/login-page-state.ts';
import { isLoginEnd } from '../../src/oauth/login-phase.ts';
import type { LoginPhase, LoginSubject } from '../../src/oauth/login-phase.ts';
import { loginSubject, waiting } from './login-subject.ts';
import { startServer } from './loopback-server.ts';

export type LoginPageStage = {
  readonly url: string;
  readonly requests: readonly { url: string }[];
  /** Told to every open page. An end closes their streams. */
  setPhase(phase: LoginPhase): void;
  /** Cuts every open stream; `for ever`: later ones are refused, as by a program that is gone. */
  cutEvents(how: 'once' | 'for ever'): void;
  close(): Promise<void>;
};

export async function startLoginPage(
  options: { locale?: Locale; subject?: LoginSubject | undefined; phase?: LoginPhase } = {},
): Promise<LoginPageStage> {
  const locale = options.locale ?? 'en';
  const shown = 'subject' in options ? options.subject : loginSubject;
  let phase = options.phase ?? waiting;
  let isCut = false;
  const streams = new Set<ServerResponse>();
  const view = () => ({
    subject: shown,
    phase,
    remainingMs: 'remainingMs' in phase ? phase.remainingMs : 0,
    eventsPath: '/login/events',
  });
  const send = (stream: ServerResponse): void => {
    stream.write(`data: ${JSON.stringify(describePhase(view(), locale))}\n\n`);
    if (isLoginEnd(phase)) stream.end();
  };
  const server = await startServer(({ url }, response) => {
    if (url === '/login/events' && !isCut) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      streams.add(response);
      send(response);
    } else if (url.startsWith('/login') && url !== '/login/events') {
      const page = renderLoginPage(view(), locale);
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': page.contentSecurityPolicy,
        'cache-control': 'no-store',
      });
      response.end(page.html);
    } else response.writeHead(404).end();
  });
  return {
    url: `${server.url}/login`,
    requests: server.requests,
    setPhase(next) {
      phase = next;
      for (const stream of streams) send(stream);
      if (isLoginEnd(phase)) streams.clear();
    },
    cutEvents(how) {
      isCut = how === 'for ever';
      for (const stream of streams) stream.destroy();
      streams.clear();
    },
    close: server.close,
  };
}
