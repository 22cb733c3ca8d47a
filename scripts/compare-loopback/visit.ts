// What a browser, or a page in it, can send to the listener of one login, and what became of the login by it. The probes
// say what is sent.
import { setTimeout as pause } from 'node:timers/promises';
import { exchange, type RawAnswer } from './raw-exchange.ts';
import type { Login, Subject } from './subject.ts';

export type Visit = {
  readonly subject: Subject;
  readonly login: Login;
  readonly redirect: URL;
  /** The authorization response comes as a form (`response_mode=form_post`), not in the query. */
  readonly isFormPost: boolean;
  /** Where the listener is reached; `localhost` in the redirect counts as 127.0.0.1. */
  readonly address: { readonly host: string; readonly port: number };
  /** Parameters of a response that the login must take: state, code, and `iss` where the server sends one. */
  right(changes?: Readonly<Record<string, string>>): URLSearchParams;
  send(request: {
    method: string;
    /** The request target as written. */
    target: string;
    headers?: Readonly<Record<string, string>>;
    body?: string;
    timeoutMs?: number;
  }): Promise<RawAnswer>;
  /** Sends an authorization response the way the program asked for it. */
  callback(parameters: URLSearchParams, change?: CallbackChange): Promise<RawAnswer>;
  isListening(): Promise<boolean>;
  /** What an answer did: see Outcome. */
  outcome(answer: RawAnswer): Promise<Outcome>;
};

export type CallbackChange = {
  /** Of the path. */
  suffix?: string;
  /** In place of the path. */
  origin?: string;
  headers?: Readonly<Record<string, string>>;
};

export type Outcome = {
  /** The code was sent to the authorization server. */
  readonly isAccepted: boolean;
  readonly goesOn: boolean;
  /** `400, goes on listening`. */
  readonly text: string;
};

/** After an answer, until a program has sent what it will send. */
const settleMs = 400;

export function createVisit(subject: Subject, login: Login): Visit {
  const redirect = new URL(login.authorizationUrl.searchParams.get('redirect_uri') ?? '');
  const isFormPost = login.authorizationUrl.searchParams.get('response_mode') === 'form_post';
  const literal = redirect.hostname.replace(/^\[(.*)\]$/, '$1');
  const address = { host: literal === 'localhost' ? '127.0.0.1' : literal, port: Number(redirect.port) };
  const state = login.authorizationUrl.searchParams.get('state') ?? '';

  const visit: Visit = {
    subject,
    login,
    redirect,
    isFormPost,
    address,
    right: (changes = {}) =>
      new URLSearchParams({
        code: 'a-wrong-code',
        state,
        ...(subject.issuer === undefined ? {} : { iss: subject.issuer }),
        ...changes,
      }),
    send({ method, target, headers = {}, body = '', timeoutMs }) {
      const all: Record<string, string> = {
        host: redirect.host,
        connection: 'close',
        ...(body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        ...headers,
      };
      const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
      const bytes = `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
      return exchange({ ...address, bytes, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    },
    callback(parameters, { suffix = '', origin = '', headers = {} } = {}) {
      const path = `${origin}${redirect.pathname}${suffix}`;
      if (!isFormPost)
        return visit.send({ method: 'GET', target: `${path}?${parameters.toString()}`, headers });
      return visit.send({
        method: 'POST',
        target: path,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: parameters.toString(),
      });
    },
    async isListening() {
      const answer = await exchange({ ...address, bytes: '', timeoutMs: 100 });
      return answer.kind !== 'refused';
    },
    async outcome(answer) {
      await pause(settleMs);
      const isAccepted = (await login.tokenRequests()) > 0;
      const goesOn = login.isRunning() && (await visit.isListening());
      const what = isAccepted ? 'code taken' : goesOn ? 'goes on listening' : 'the login ends';
      return { isAccepted, goesOn, text: `${describeAnswer(answer)}, ${what}` };
    },
  };
  return visit;
}

export function describeAnswer(answer: RawAnswer): string {
  const words = {
    answered: String(answer.status),
    refused: 'connection refused',
    reset: 'connection reset',
    closed: 'closed without an answer',
    timeout: 'no answer',
  };
  return words[answer.kind];
}
