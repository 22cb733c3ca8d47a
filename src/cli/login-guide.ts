// How a person is led through one login: the way that is taken now and its switch, the one listener on this machine with
// its page, and the browser. What is shown in the terminal is ui/login-view.ts'; what a login is, is the method's.
import { toOpenClawError } from '../errors.ts';
import type { LoginEnd, LoginPhase } from '../oauth/login-phase.ts';
import { startLoopbackServer, type LoopbackServer } from '../oauth/loopback-server.ts';
import { noBrowser, type Browser } from '../platform/browser.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import type { LoginFlow } from '../plugin-sdk/index.ts';
import type { FlowChoice } from './flow-choice.ts';
import type { FlowControl } from './ui/login-view.ts';

export type LoginGuide = {
  readonly flow: LoginFlow;
  readonly control: FlowControl;
  /** For the page; the first end stays. */
  setPhase(phase: LoginPhase): void;
  /** Shows the end to open pages and stops listening; resolves when nobody is served any more. */
  close(): Promise<void>;
};

export function createLoginGuide(deps: {
  clock: Clock;
  random: Random;
  browser: Browser;
  choice: FlowChoice;
}): LoginGuide {
  const { clock, random, browser } = deps;
  let choice = deps.choice;
  let turn = new AbortController();
  let starting: Promise<LoopbackServer> | undefined;
  let phase: LoginPhase | undefined;

  const start = async (): Promise<LoopbackServer> => {
    const server = await startLoopbackServer({ clock, random });
    if (phase !== undefined) server.setPhase(phase);
    return server;
  };

  const loopback = async (): Promise<LoopbackServer> => {
    starting ??= start();
    const server = await starting;
    if (server.isListening()) return server;
    // It has taken its one answer, and the person went the other way and back since: its browser waits for nothing.
    server.setPhase({ kind: 'cancelled' });
    void server.close();
    starting = start();
    return starting;
  };

  return {
    flow: { current: () => choice.kind, turn: () => turn.signal, loopback },
    control: {
      choice: () => choice,
      toggle() {
        choice = { kind: choice.kind === 'loopback' ? 'device' : 'loopback', reason: 'reasonSwitched' };
        const former = turn;
        turn = new AbortController();
        former.abort(new Error('the person took the other way'));
      },
      async lead(prompt) {
        if (choice.kind !== 'loopback') return { opened: false };
        try {
          const server = await loopback();
          const pageUrl = server.servePage(prompt);
          return { pageUrl, opened: browser.open(pageUrl) };
        } catch {
          // Nothing can be listened on here: the provider's own page needs no listener.
          return { opened: prompt.trusted && browser.open(prompt.verificationUrl) };
        }
      },
      open: (url) => browser.open(url),
      mayOpen: () => browser !== noBrowser,
    },
    setPhase(changed) {
      phase = changed;
      void starting?.then((server) => server.setPhase(changed)).catch(() => undefined);
    },
    async close() {
      const server = await starting?.catch(() => undefined);
      await server?.close();
    },
  };
}

/** What a page says of a login that failed, and the `command` that begins it again. */
export function describeLoginEnd(error: unknown, command: string): LoginEnd {
  const { code, message, remedy } = toOpenClawError(error);
  if (code === 'LOGIN_DENIED') return { kind: 'denied', command };
  if (code === 'LOGIN_EXPIRED') return { kind: 'expired', command };
  if (code === 'INTERRUPTED') return { kind: 'cancelled', command };
  return { kind: 'failed', message, remedy };
}
