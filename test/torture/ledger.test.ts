// The ledger sees each way in which a login can be mistreated: an event list that is in order, and one change each that
// is not.
import { describe, expect, it } from 'vitest';
import type { EventOf, TortureEvent } from './events.ts';
import { judge, type Verdict } from './ledger.ts';

const limits = { stallMs: 1_000, graceMs: 500 };

const login = (atMs: number, name: string): TortureEvent => ({
  kind: 'login',
  atMs,
  savedAtMs: atMs,
  access: `a${name}`,
  refresh: `r${name}`,
});
const arrived = (atMs: number, request: string, pid: number, refresh: string): TortureEvent => ({
  kind: 'arrived',
  atMs,
  request,
  pid,
  refresh,
});
const rotated = (atMs: number, request: string, name: string): TortureEvent => ({
  kind: 'processed',
  atMs,
  request,
  result: { access: `a${name}`, refresh: `r${name}` },
});
const refused = (atMs: number, request: string): TortureEvent => ({
  kind: 'processed',
  atMs,
  request,
  result: 'refused',
});
const ended = (atMs: number, request: string, how: EventOf<'ended'>['how'] = 'answered'): TortureEvent => ({
  kind: 'ended',
  atMs,
  request,
  how,
});
const stored = (atMs: number, generation: number, name: string, dead?: string): TortureEvent => ({
  kind: 'stored',
  atMs,
  generation,
  access: `a${name}`,
  refresh: `r${name}`,
  ...(dead === undefined ? {} : { dead }),
});
const leased = (
  atMs: number,
  pid: number,
  generation: number,
  name: string,
  startedAtMs = atMs - 1,
): TortureEvent => ({ kind: 'leased', atMs, pid, startedAtMs, generation, access: `a${name}` });
const failed = (atMs: number, pid: number, code: string, startedAtMs = atMs): TortureEvent => ({
  kind: 'lease_failed',
  atMs,
  pid,
  startedAtMs,
  code,
  message: 'm',
});
const killed = (
  atMs: number,
  pid: number,
  storedToken: string,
  more: Partial<EventOf<'killed'>> = {},
): TortureEvent => ({
  kind: 'killed',
  atMs,
  goneAtMs: atMs,
  pid,
  aimed: false,
  stored: storedToken,
  intended: false,
  dead: false,
  ...more,
});
const stopped = (atMs: number, pid: number, untilMs: number, holds: boolean): TortureEvent => ({
  kind: 'stopped',
  atMs,
  pid,
  untilMs,
  holds,
});
const cutOff = 'it has ended. An earlier refresh was cut off; a crash is the likely cause.';
const noAnswer = 'it has ended. An earlier refresh got no usable answer; that is the likely cause.';

/** A refresh by process 1 that process 2 adopts. */
const calm: readonly TortureEvent[] = [
  login(0, '1'),
  stored(1, 1, '1'),
  leased(5, 1, 1, '1'),
  leased(6, 2, 1, '1'),
  arrived(100, '1.1', 1, 'r1'),
  rotated(110, '1.1', '2'),
  ended(111, '1.1'),
  stored(120, 2, '2'),
  leased(121, 1, 2, '2', 90),
  leased(150, 2, 2, '2'),
];

/** Process 1 is killed with the answer in its hands; process 2 finds out, and somebody logs in anew. */
const loss = (change: { kill?: TortureEvent; reason?: string; end?: TortureEvent } = {}): TortureEvent[] => [
  login(0, '1'),
  stored(1, 1, '1'),
  arrived(100, '1.1', 1, 'r1'),
  rotated(110, '1.1', '2'),
  change.end ?? ended(111, '1.1'),
  ...(change.kill === undefined ? [killed(113, 1, 'r1', { intended: true })] : [change.kill]),
  arrived(150, '2.1', 2, 'r1'),
  refused(160, '2.1'),
  ended(161, '2.1'),
  stored(170, 1, '1', change.reason ?? cutOff),
  failed(171, 2, 'LOGIN_DEAD', 140),
  login(300, '3'),
  stored(301, 2, '3'),
  leased(310, 2, 2, '3'),
];

const nobody = killed(0, 99, 'r1');

const verdict = (events: readonly TortureEvent[]): Verdict => judge(events, limits);
const violations = (events: readonly TortureEvent[]): string => verdict(events).violations.join('\n');

describe('what is in order', () => {
  it('a refresh and its adoption', () => {
    expect(verdict(calm)).toMatchObject({ violations: [], refreshes: 1, adoptions: 1, overlaps: 0 });
  });

  it.each([
    ['killed between answer and commit', loss()],
    [
      'killed between processing and answer',
      loss({ kill: killed(110.5, 1, 'r1'), end: ended(112, '1.1', 'abandoned') }),
    ],
    ['killed during the POST, processed after that', loss({ kill: killed(105, 1, 'r1') })],
    ['answer lost by the server', loss({ kill: nobody, end: ended(111, '1.1', 'reset'), reason: noAnswer })],
    ['answer lost by the server', loss({ kill: nobody, end: ended(111, '1.1', 'failed'), reason: cutOff })],
  ])('a login lost because it was %s', (window, events) => {
    const seen = verdict(events);
    expect(seen.violations).toEqual([]);
    expect(seen.lost).toMatchObject({ [window]: 1, unexplained: 0 });
    expect(seen.reuses).toEqual({ explained: 1, unexplained: 0 });
  });

  it('a dead token tried again, when whoever had tried it was killed before it could say so', () => {
    const events = loss().filter(({ atMs }) => atMs < 161 || atMs >= 170);
    const again = [
      killed(162, 2, 'r1'),
      arrived(163, '3.1', 3, 'r1'),
      refused(165, '3.1'),
      ended(166, '3.1'),
    ];
    expect(verdict([...events, ...again])).toMatchObject({ violations: [], reuses: { explained: 2 } });
  });

  it('a second refresh after the sender of the first was killed', () => {
    const events = [
      login(0, '1'),
      arrived(100, '1.1', 1, 'r1'),
      killed(105, 1, 'r1'),
      arrived(106, '2.1', 2, 'r1'),
      rotated(108, '2.1', '2'),
      ended(109, '2.1'),
      ended(120, '1.1', 'abandoned'),
    ];
    expect(verdict(events)).toMatchObject({ violations: [], overlaps: 0 });
  });
});

describe('what is not in order', () => {
  const spentTwice = [arrived(200, '2.1', 2, 'r1'), refused(205, '2.1'), ended(206, '2.1')];

  it.each<[string, readonly TortureEvent[], RegExp]>([
    [
      'a spent token without a reason',
      [...calm, ...spentTwice],
      /2\.1 with token r1: spent before by 1\.1, which was neither/,
    ],
    [
      'a spent token whose first user was killed long after its commit',
      [...calm, killed(180, 1, 'r2'), ...spentTwice],
      /spent before by 1\.1/,
    ],
    [
      'a dead token that is tried again',
      [...loss(), arrived(180, '3.1', 3, 'r1'), refused(185, '3.1'), ended(186, '3.1')],
      /3\.1 with token r1: presented again after 2\.1 had been told/,
    ],
    [
      'a dead token that is tried again after its first try was noted, and the trier killed',
      [...loss(), killed(175, 2, 'r1', { dead: true }), arrived(180, '3.1', 3, 'r1'), refused(185, '3.1')],
      /presented again/,
    ],
    [
      'a token from nowhere',
      [...calm, arrived(200, '2.1', 2, 'rX'), refused(205, '2.1')],
      /the server never issued it/,
    ],
    [
      'a good token that is refused',
      [...calm, arrived(200, '2.1', 2, 'r2'), refused(205, '2.1')],
      /a token that was good was refused/,
    ],
    [
      'a login called dead while its token is good',
      [...calm, stored(200, 2, '2', cutOff)],
      /token r2 was lost without a reason[^]*called dead before the server had said so/,
    ],
    [
      'an answer that was never committed, with nobody killed',
      loss({ kill: nobody }),
      /lost without a reason/,
    ],
    [
      'a loss by a kill that does not say so',
      loss({ reason: 'The server no longer accepts it.' }),
      /says only: The server/,
    ],
    [
      'a loss by a lost answer that does not say so',
      loss({ kill: nobody, end: ended(111, '1.1', 'reset'), reason: 'The server no longer accepts it.' }),
      /says only/,
    ],
    [
      'two refreshes at once',
      [
        login(0, '1'),
        arrived(100, '1.1', 1, 'r1'),
        arrived(101, '2.1', 2, 'r1'),
        ended(110, '1.1', 'failed'),
        ended(111, '2.1', 'failed'),
      ],
      /2\.1 with token r1 arrived while request 1\.1 with token r1 was in flight/,
    ],
    [
      'two at once of one process',
      [login(0, '1'), arrived(100, '1.1', 1, 'r1'), arrived(101, '1.2', 1, 'r1')],
      /in flight/,
    ],
    ['a generation that falls', [...calm, stored(200, 1, '1')], /fell from 2 to 1/],
    ['a generation that is two tokens', [...calm, leased(200, 2, 2, '1')], /generation 2 is both a2 and a1/],
    ['a process that goes back', [...calm, leased(200, 2, 1, '1')], /process 2 went back/],
    [
      'a token that was never issued',
      [...calm, leased(200, 2, 3, 'X')],
      /given token aX, which the server had not issued/,
    ],
    ['a token before it was issued', [...calm, leased(50, 2, 2, '2')], /had not issued/],
    [
      'an old token long after the new one',
      [...calm, leased(700, 3, 1, '1')],
      /generation 1, 580 ms after a newer one/,
    ],
    [
      'a process that ends by itself',
      [...calm, { kind: 'exited', atMs: 200, pid: 2, detail: 'code 1' }],
      /process 2 ended: code 1/,
    ],
    ['a failure of another kind', [...calm, failed(200, 2, 'STORE_CORRUPT')], /STORE_CORRUPT/],
    [
      'a process that does not recover',
      [...calm, { kind: 'finished', atMs: 200, pid: 2, ok: false, detail: 'no answer' }],
      /did not recover: no answer/,
    ],
    [
      'a server that counts otherwise',
      [...calm, { kind: 'server_count', atMs: 200, reuses: 1, broken: [] }],
      /counted 1 reuses, and 0 were seen/,
    ],
    [
      'a broken rule of the protocol',
      [...calm, { kind: 'server_count', atMs: 200, reuses: 0, broken: ['wrong_client'] }],
      /wrong_client/,
    ],
    [
      'an answer that is none',
      [
        ...calm,
        arrived(200, '2.1', 2, 'r2'),
        { kind: 'processed', atMs: 201, request: '2.1', result: 'other' },
      ],
      /no OAuth answer/,
    ],
    ['a long wait', [...calm, leased(2_500, 2, 2, '2', 1_000)], /process 2 waited 1500 ms/],
    [
      'a row of failures',
      [
        ...calm,
        failed(1_000, 2, 'REFRESH_FAILED'),
        failed(1_500, 2, 'REFRESH_FAILED'),
        leased(2_200, 2, 2, '2'),
      ],
      /process 2 waited 1200 ms/,
    ],
    [
      'a wait that never ends',
      [...calm, failed(1_000, 2, 'PENDING'), leased(2_500, 1, 2, '2')],
      /process 2 waited 1500 ms/,
    ],
    [
      'a wait that a kill ended',
      [...calm, failed(1_000, 2, 'PENDING'), killed(2_100, 2, 'r2')],
      /process 2 waited 1100 ms/,
    ],
  ])('%s', (_what, events, seen) => {
    expect(violations(events)).toMatch(seen);
  });
});

describe('the net of a wait', () => {
  const wait = leased(3_000, 2, 2, '2', 1_000);
  it.each<[string, readonly TortureEvent[], number]>([
    ['nothing', [], 2_000],
    ['a fault of the server', [{ kind: 'fault', atMs: 1_500, untilMs: 1_800, name: 'hang' }], 1_700],
    [
      'two that overlap',
      [
        { kind: 'fault', atMs: 1_500, untilMs: 1_800, name: 'hang' },
        { kind: 'fault', atMs: 1_700, untilMs: 2_000, name: 'hang' },
      ],
      1_500,
    ],
    ['its own stop', [stopped(500, 2, 1_400, false)], 1_600],
    ['the stop of somebody who held nothing', [stopped(1_500, 1, 2_500, false)], 2_000],
    ['the stop of a holder', [stopped(1_500, 1, 2_500, true)], 1_000],
    [
      'the time that a killed holder takes to go',
      [killed(1_500, 1, 'r2', { goneAtMs: 1_900, intended: true })],
      1_600,
    ],
    ['nothing for a killed process that held nothing', [killed(1_500, 1, 'r2', { goneAtMs: 1_900 })], 2_000],
    [
      'its own Retry-After',
      [
        arrived(1_000, '2.9', 2, 'r2'),
        { kind: 'ended', atMs: 1_100, request: '2.9', how: 'failed', retryAfterMs: 1_000 },
      ],
      1_000,
    ],
    [
      "somebody else's Retry-After",
      [
        arrived(1_000, '1.9', 1, 'r2'),
        { kind: 'ended', atMs: 1_100, request: '1.9', how: 'failed', retryAfterMs: 1_000 },
      ],
      2_000,
    ],
  ])('leaves out: %s', (_what, more, netMs) => {
    expect(verdict([...calm, wait, ...more]).stalls.longest?.netMs).toBeCloseTo(netMs);
  });

  it('leaves out the time in which a login was lost', () => {
    const events = [
      ...loss().filter(({ atMs }) => atMs < 300),
      login(1_500, '3'),
      stored(1_501, 2, '3'),
      leased(1_600, 2, 2, '3'),
    ];
    // From 140 to 113 ms before the loss, and from the new login on.
    expect(verdict(events).stalls.longest).toMatchObject({ pid: 2, netMs: 100 });
  });
});

describe('the window of a kill', () => {
  const refresh = [login(0, '1'), arrived(100, '1.1', 1, 'r1'), rotated(110, '1.1', '2'), ended(120, '1.1')];
  it.each<[string, TortureEvent]>([
    ['no refresh running', killed(90, 1, 'r1')],
    ['before the POST', killed(90, 1, 'r1', { intended: true })],
    ['during it, not processed', killed(105, 1, 'r1', { intended: true })],
    ['processed, not answered', killed(115, 1, 'r1', { intended: true })],
    ['answered, not committed', killed(121, 1, 'r1', { intended: true })],
    ['just after the commit', killed(125, 1, 'r2')],
    ['no refresh running', killed(500, 1, 'r2')],
  ])('%s', (window, kill) => {
    expect(verdict([...refresh, kill]).kills).toMatchObject({ [window]: 1 });
  });
});
