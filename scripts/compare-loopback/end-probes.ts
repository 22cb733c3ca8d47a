// How a login ends: what the browser is shown, when, with which headers, and whether the listener is gone afterwards.
import { setTimeout as pause } from 'node:timers/promises';
import { judged, type Probe } from './probe.ts';
import type { RawAnswer } from './raw-exchange.ts';
import { exchangeDelayMs, markup } from './subject.ts';
import { describeAnswer, type Visit } from './visit.ts';

type Ending = {
  readonly answer: RawAnswer;
  /** Where the browser is then, after redirects on the listener itself. */
  readonly address: URL;
  readonly page: RawAnswer;
};

export const endProbes: readonly Probe[] = [
  {
    title: '`error=access_denied`, its description a script',
    rule: 'RFC 6749 §10.14 (sanitized)',
    needsFreshLogin: true,
    async ask(visit) {
      const denied = visit.right({ error: 'access_denied', error_description: markup });
      denied.delete('code');
      const { page } = await end(visit, denied);
      const { goesOn } = await visit.outcome(page);
      const what = page.body.includes(markup) ? 'repeats it raw' : 'not repeated raw';
      return judged(
        `${describeAnswer(page)}, ${what}, ${goesOn ? 'goes on listening' : 'the login ends'}`,
        !page.body.includes(markup),
      );
    },
  },
  {
    title: 'right state, wrong code: the browser sees',
    needsFreshLogin: true,
    async ask(visit) {
      const { answer, page } = await end(visit, visit.right());
      const when = wasHeld(answer) ? 'after' : 'before';
      return { text: `${describeAnswer(page)} ${when} the exchange: ${quote(page.body)}` };
    },
  },
  {
    title: 'the same: what the server said, a script',
    rule: 'RFC 6749 §10.14 (sanitized)',
    needsFreshLogin: true,
    async ask(visit, subject) {
      subject.refuseNext(markup);
      const { page } = await end(visit, visit.right());
      const isRaw = page.body.includes(markup);
      const what = isRaw ? 'repeats it raw' : 'not repeated raw';
      return judged(`${describeAnswer(page)}, ${what}`, !isRaw);
    },
  },
  {
    title: 'right code: the browser sees',
    needsFreshLogin: true,
    async ask(visit, subject) {
      const { answer, page } = await end(visit, visit.right({ code: await subject.goodCode(visit.login) }));
      const when = wasHeld(answer) ? 'after' : 'before';
      return { text: `${describeAnswer(page)} ${when} the exchange: ${quote(page.body)}` };
    },
  },
  {
    title: 'right code: redirects, and what they carry',
    rule: 'RFC 9700 §4.11.1 (no open redirect)',
    needsFreshLogin: true,
    async ask(visit, subject) {
      const { answer, address } = await end(
        visit,
        visit.right({ code: await subject.goodCode(visit.login), next: 'https://evil.example/' }),
      );
      if (!answer.headers.has('location')) return judged('none', true);
      const carried = [...address.searchParams.keys()].map((name) => `\`${name}\``).join(', ');
      const where = address.host === visit.redirect.host ? address.pathname : address.origin;
      return judged(
        `${answer.status} to \`${where}\`, with ${carried === '' ? 'nothing' : carried}`,
        address.host === visit.redirect.host,
      );
    },
  },
  {
    title: 'right code: left in the address bar',
    needsFreshLogin: true,
    async ask(visit, subject) {
      const right = visit.right({ code: await subject.goodCode(visit.login) });
      const { address, page } = await end(visit, right);
      // A form post leaves none; a query stays unless the browser was sent on.
      const isSentOn = address.href !== visit.redirect.href;
      const names =
        visit.isFormPost && !isSentOn ? [] : [...(isSentOn ? address.searchParams : right).keys()];
      const kept = names.filter((name) =>
        ['code', 'state', 'iss', 'id_token', 'access_token'].includes(name),
      );
      if (kept.length === 0) return { text: 'no secret' };
      const list = kept.map((name) => `\`${name}\``).join(', ');
      return {
        text: /history\.replaceState/.test(page.body) ? `${list}, until its script removes them` : list,
      };
    },
  },
  {
    title: 'right code: links to other sites in the page',
    rule: 'RFC 9700 §4.2.4',
    needsFreshLogin: true,
    async ask(visit, subject) {
      const { page } = await end(visit, visit.right({ code: await subject.goodCode(visit.login) }));
      const hosts = [...page.body.matchAll(/(?:src|href|action|url)\s*[=(]\s*["']?(https?:\/\/[^"'\s)>]+)/gi)]
        .map((found) => URL.parse(found[1] ?? '')?.host)
        .filter((host) => host !== undefined);
      const others = [...new Set(hosts)].filter((host) => host !== visit.redirect.host);
      return judged(
        others.length === 0 ? 'none' : others.map((host) => `\`${host}\``).join(', '),
        others.length === 0,
      );
    },
  },
  {
    title: 'right code: headers of the page',
    needsFreshLogin: true,
    async ask(visit, subject) {
      const { page } = await end(visit, visit.right({ code: await subject.goodCode(visit.login) }));
      return { text: describeHeaders(page.headers) };
    },
  },
  {
    title: 'two right callbacks at once: token requests',
    rule: 'RFC 6749 §4.1.2 (a code is used once)',
    needsFreshLogin: true,
    async ask(visit) {
      const answers = await Promise.all([visit.callback(visit.right()), visit.callback(visit.right())]);
      await pause(exchangeDelayMs * 1.5);
      const requests = await visit.login.tokenRequests();
      return judged(`${requests} (${answers.map(describeAnswer).join(' and ')})`, requests === 1);
    },
  },
  {
    title: 'listening after the end',
    rule: 'RFC 8252 §8.3',
    needsFreshLogin: true,
    async ask(visit) {
      const sent = visit.callback(visit.right());
      await pause(exchangeDelayMs / 2);
      const during = (await visit.isListening()) ? 'open' : 'refused';
      await sent;
      await pause(exchangeDelayMs * 2);
      const after = (await visit.isListening()) ? 'open' : 'refused';
      return judged(`${during} during the exchange, ${after} 2 s after it`, after === 'refused');
    },
  },
];

/** Sends the response and follows where the listener redirects the browser on itself. */
async function end(visit: Visit, parameters: URLSearchParams): Promise<Ending> {
  const answer = await visit.callback(parameters);
  const location = answer.headers.get('location');
  if (location === undefined) return { answer, address: visit.redirect, page: answer };
  const address = new URL(location, visit.redirect);
  if (address.host !== visit.redirect.host) return { answer, address, page: answer };
  const page = await visit.send({ method: 'GET', target: `${address.pathname}${address.search}` });
  return { answer, address, page };
}

function wasHeld(answer: RawAnswer): boolean {
  return answer.elapsedMs > exchangeDelayMs * 0.9;
}

function quote(html: string): string {
  const text = html
    .replaceAll(/<(script|style|title|svg)\b[\s\S]*?<\/\1>/gi, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return text === '' ? 'nothing' : `“${text.length > 60 ? `${text.slice(0, 59)}…` : text}”`;
}

function describeHeaders(headers: ReadonlyMap<string, string>): string {
  const present = [
    ['content-security-policy', 'CSP'],
    ['cache-control', ''],
    ['referrer-policy', 'referrer '],
    ['x-content-type-options', ''],
    ['cross-origin-opener-policy', 'opener '],
    ['x-powered-by', 'x-powered-by '],
    ['server', 'server '],
    ['access-control-allow-origin', 'CORS '],
  ].flatMap(([name = '', label = '']) => {
    const value = headers.get(name);
    if (value === undefined) return [];
    if (label !== 'CSP') return [`${label}\`${value}\``];
    const isStrict = /default-src 'none'/.test(value) && !/unsafe-/.test(value);
    return [isStrict ? "CSP from `default-src 'none'`" : 'CSP'];
  });
  return present.length === 0 ? 'none of CSP, cache, referrer, nosniff, opener' : present.join(', ');
}
