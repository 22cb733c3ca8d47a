// Authorization responses that are not the one the login waits for. The right state stands in all of them but those
// about it, so that nothing else can be the reason of a refusal.
import { judged, type Cell, type Probe } from './probe.ts';
import type { CallbackChange, Visit } from './visit.ts';

export const callbackProbes: readonly Probe[] = [
  {
    title: 'callback without `state`',
    rule: 'RFC 9700 §4.7',
    ask: (visit) => askRefusal(visit, without(visit.right(), 'state')),
  },
  {
    title: 'callback with a wrong `state`',
    rule: 'RFC 9700 §4.7',
    ask: (visit) => askRefusal(visit, visit.right({ state: 'x'.repeat(43) })),
  },
  {
    title: '`error` with a wrong `state`',
    rule: 'RFC 9700 §4.7',
    async ask(visit) {
      const denied = visit.right({ state: 'x'.repeat(43), error: 'access_denied' });
      const { goesOn, text } = await visit.outcome(await visit.callback(without(denied, 'code')));
      return judged(text, goesOn);
    },
  },
  {
    title: '`state` twice, the right one first',
    rule: 'RFC 6749 §3.1 (binds the sender)',
    ask: (visit) => askInvalid(visit, plus(visit.right(), 'state', 'x'.repeat(43))),
  },
  {
    title: '`state` twice, the right one last',
    rule: 'RFC 6749 §3.1 (binds the sender)',
    ask(visit) {
      const right = visit.right();
      const twice = [['state', 'x'.repeat(43)], ...right] as [string, string][];
      return askInvalid(visit, new URLSearchParams(twice));
    },
  },
  {
    title: '`code` twice',
    rule: 'RFC 6749 §3.1 (binds the sender)',
    ask: (visit) => askInvalid(visit, plus(visit.right(), 'code', 'another-code')),
  },
  {
    title: '`iss` of another server',
    rule: 'RFC 9207 §2.4',
    async ask(visit) {
      const parameters = visit.right({ iss: 'https://evil.example' });
      if (visit.subject.issuer !== undefined) return askRefusal(visit, parameters);
      const cell = await askInvalid(visit, parameters);
      return cell.isRight === true ? cell : { text: `${cell.text} (its server sends none)` };
    },
  },
  {
    title: 'right response by another method',
    ask: (visit) => askUnjudged(visit, visit.isFormPost ? 'GET' : 'POST'),
  },
  { title: 'the same by HEAD', ask: (visit) => askUnjudged(visit, 'HEAD') },
  {
    title: 'the same by OPTIONS, of a page elsewhere',
    ask: (visit) =>
      askUnjudged(visit, 'OPTIONS', {
        origin: 'https://evil.example',
        'access-control-request-method': 'GET',
        'access-control-request-private-network': 'true',
      }),
  },
  {
    title: 'the same with `/` after the path',
    async ask(visit) {
      if (visit.redirect.pathname === '/') return { text: 'the path is `/`' };
      return askFor(visit, { suffix: '/' });
    },
  },
  {
    title: 'the same with `Host: evil.example`',
    ask: (visit) => askFor(visit, { headers: { host: 'evil.example' } }),
  },
  {
    title: 'the same with `http://evil.example` in the request line',
    ask: (visit) => askFor(visit, { origin: 'http://evil.example' }),
  },
  {
    title: 'the same by `fetch` of a page elsewhere (`cors`)',
    ask: (visit) => askFor(visit, { headers: fromElsewhere('cors') }),
  },
  {
    title: 'the same by an image elsewhere (`no-cors`)',
    ask: (visit) => askFor(visit, { headers: { ...fromElsewhere('no-cors'), 'sec-fetch-dest': 'image' } }),
  },
];

export function fromElsewhere(mode: string): Record<string, string> {
  return { origin: 'https://evil.example', 'sec-fetch-mode': mode, 'sec-fetch-site': 'cross-site' };
}

async function askRefusal(visit: Visit, parameters: URLSearchParams): Promise<Cell> {
  const { isAccepted, text } = await visit.outcome(await visit.callback(parameters));
  return judged(text, !isAccepted);
}

/** Refusing it is right; no rule says that a client must. */
async function askInvalid(visit: Visit, parameters: URLSearchParams): Promise<Cell> {
  const { isAccepted, text } = await visit.outcome(await visit.callback(parameters));
  return isAccepted ? { text } : judged(text, true);
}

async function askFor(visit: Visit, change: CallbackChange): Promise<Cell> {
  const answer = await visit.callback(visit.right(), change);
  const { text } = await visit.outcome(answer);
  const allowed = answer.headers.get('access-control-allow-origin');
  return { text: allowed === undefined ? text : `${text}, CORS allows \`${allowed}\`` };
}

async function askUnjudged(
  visit: Visit,
  method: string,
  headers: Record<string, string> = {},
): Promise<Cell> {
  const target = `${visit.redirect.pathname}?${visit.right().toString()}`;
  const answer = await visit.send({ method, target, headers });
  const { text } = await visit.outcome(answer);
  const allowed = answer.headers.get('access-control-allow-origin');
  return { text: allowed === undefined ? text : `${text}, CORS allows \`${allowed}\`` };
}

function without(parameters: URLSearchParams, name: string): URLSearchParams {
  parameters.delete(name);
  return parameters;
}

function plus(parameters: URLSearchParams, name: string, value: string): URLSearchParams {
  parameters.append(name, value);
  return parameters;
}
