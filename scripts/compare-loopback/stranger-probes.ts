// Requests that are no authorization response at all: other paths, too much of something, and clients without haste.
import { setTimeout as pause } from 'node:timers/promises';
import { fromElsewhere } from './callback-probes.ts';
import { cpuTimeMs } from './process-facts.ts';
import type { Probe } from './probe.ts';
import { exchange } from './raw-exchange.ts';
import { describeAnswer, type Visit } from './visit.ts';

const slowLimitMs = 15_000;
const floodSize = 300;

export const strangerProbes: readonly Probe[] = [
  { title: '`/favicon.ico`', ask: (visit) => askPath(visit, '/favicon.ico') },
  { title: 'another path', ask: (visit) => askPath(visit, '/another') },
  {
    title: '`/cancel`, by an image elsewhere',
    ask: (visit) => askPath(visit, '/cancel', { ...fromElsewhere('no-cors'), 'sec-fetch-dest': 'image' }),
  },
  {
    title: '20 KB of headers',
    ask: (visit) => askPath(visit, '/favicon.ico', { 'x-long': 'x'.repeat(20_000) }),
  },
  {
    title: 'a header byte each second',
    needsFreshLogin: true,
    async ask(visit) {
      const slow = exchange({
        ...visit.address,
        bytes: `GET ${visit.redirect.pathname} HTTP/1.1\r\nHost: ${visit.redirect.host}\r\nX-Slow: `,
        drip: { bytes: 'x', everyMs: 1_000 },
        timeoutMs: slowLimitMs,
      });
      await pause(1_000);
      const other = await visit.send({ method: 'GET', target: '/favicon.ico', timeoutMs: 2_000 });
      const { kind, status, elapsedMs } = await slow;
      const seconds = Math.round(elapsedMs / 1_000);
      const end =
        kind === 'timeout'
          ? `open after ${seconds} s`
          : `closed after ${seconds} s${status === 0 ? '' : ` (${status})`}`;
      return { text: `${end}; others ${other.kind === 'answered' ? 'are served' : 'wait'}` };
    },
  },
  {
    title: `${floodSize} wrong callbacks in a row`,
    async ask(visit) {
      const before = cpuTimeMs(visit.login.pid);
      const wrong = visit.right({ state: 'x'.repeat(43) });
      let refused = 0;
      for (let sent = 0; sent < floodSize; sent += 1) {
        const answer = await visit.callback(new URLSearchParams(wrong));
        if (answer.status >= 400) refused += 1;
      }
      const { goesOn } = await visit.outcome(await visit.send({ method: 'GET', target: '/favicon.ico' }));
      const cpu = ((cpuTimeMs(visit.login.pid) - before) / floodSize).toFixed(1);
      return {
        text: `${refused} refused, ${cpu} ms of CPU each, ${goesOn ? 'goes on listening' : 'the login ends'}`,
      };
    },
  },
];

async function askPath(
  visit: Visit,
  target: string,
  headers: Record<string, string> = {},
): Promise<{ text: string }> {
  const answer = await visit.send({ method: 'GET', target, headers });
  const { goesOn } = await visit.outcome(answer);
  return { text: `${describeAnswer(answer)}, ${goesOn ? 'goes on listening' : 'the login ends'}` };
}
