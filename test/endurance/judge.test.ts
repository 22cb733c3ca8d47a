// What counts as a failure of an endurance run, and when an answer is whole.
import { describe, expect, it } from 'vitest';
import { describeService } from '../../src/cli/gateway-service-file.ts';
import { createAsks, judgeStream } from './asks.ts';
import type { Outcome } from './client.ts';
import { expectedRefreshes, judge } from './judge.ts';
import { readUnit } from './unit-file.ts';

const kill = { killedAtMs: 1_000, goneAtMs: 1_010, backAtMs: 3_000 };

function verdictOf(outcome: Partial<Outcome>): ReturnType<typeof judge> {
  const whole: Outcome = {
    kind: 'messages',
    startedAtMs: 900,
    firstByteAtMs: 910,
    endedAtMs: 920,
    end: 'whole',
  };
  return judge({ outcomes: [{ ...whole, ...outcome }], kills: [kill], restarts: [] });
}

describe('a request', () => {
  it.each<[string, Partial<Outcome>, { cut: number; failed: number }]>([
    ['that was answered', {}, { cut: 0, failed: 0 }],
    ['that its client left', { end: 'left' }, { cut: 0, failed: 0 }],
    ['that was cut by the kill', { end: 'broken', endedAtMs: 1_012 }, { cut: 1, failed: 0 }],
    [
      'that was sent while it died',
      { end: 'broken', startedAtMs: 1_005, endedAtMs: 1_012 },
      { cut: 1, failed: 0 },
    ],
    ['that was cut before the kill', { end: 'broken', endedAtMs: 990 }, { cut: 0, failed: 1 }],
    ['that was cut long after it', { end: 'broken', endedAtMs: 2_500 }, { cut: 0, failed: 1 }],
    [
      'that was sent after it and cut',
      { end: 'broken', startedAtMs: 1_011, endedAtMs: 1_020 },
      { cut: 0, failed: 1 },
    ],
    ['that was answered wrongly, at the kill too', { end: 'wrong', endedAtMs: 1_005 }, { cut: 0, failed: 1 }],
    [
      'that was refused in the gap',
      { refused: { firstAtMs: 1_020, lastAtMs: 2_990 } },
      { cut: 0, failed: 0 },
    ],
    [
      'that was refused without a kill',
      { refused: { firstAtMs: 800, lastAtMs: 890 } },
      { cut: 0, failed: 1 },
    ],
    [
      'that was refused for too long',
      { refused: { firstAtMs: 1_020, lastAtMs: 9_000 } },
      { cut: 0, failed: 1 },
    ],
  ])('%s', (_name, outcome, { cut, failed }) => {
    const verdict = verdictOf(outcome);
    expect([verdict.cutByKill, verdict.failed.length]).toEqual([cut, failed]);
  });
});

describe('times', () => {
  it('the gap is from the kill to the first answer of what was asked after it', () => {
    expect(verdictOf({ startedAtMs: 3_100, firstByteAtMs: 3_150, endedAtMs: 3_200 }).gapsMs).toEqual([2_150]);
    expect(verdictOf({ endedAtMs: 4_000 }).gapsMs).toEqual([Infinity]);
  });

  it('a token of five seconds is renewed some forty times in three minutes', () => {
    const { least, most } = expectedRefreshes(180_000, 5_000, [2_500]);
    expect([least > 30, most < 45]).toEqual([true, true]);
  });
});

describe('a stream', () => {
  const event = (text: string): string => `event: x\ndata: {"type":"x","text":"${text}"}\n\n`;
  const end = 'event: end\ndata: {"type":"end"}\n\n';
  const judged = (body: string): string | undefined =>
    judgeStream(body, 'end', ({ text }) => (typeof text === 'string' ? text : ''), 'ab');
  it.each([
    ['whole', event('a') + event('b') + end, undefined],
    ['without its end', event('a') + event('b'), 'ends with'],
    ['that breaks off within an event', event('a') + event('b') + end.slice(0, -1), 'within an event'],
    ['with an error at its end', `${event('a')}event: error\ndata: {"type":"error"}\n\n`, 'ends with'],
    ['with a piece too few', event('a') + end, '1 characters came back for 2'],
  ])('%s', (_name, body, wanted) => {
    if (wanted === undefined) expect(judged(body)).toBeUndefined();
    else expect(judged(body)).toContain(wanted);
  });

  it('every kind of request is asked for, each with a text of its own', () => {
    const next = createAsks(1);
    const asks = Array.from({ length: 500 }, next);
    expect(new Set(asks.map(({ kind }) => kind)).size).toBe(11);
    expect(new Set(asks.map(({ body }) => body)).size).toBe(500);
    for (const ask of asks) expect(ask.judge('{}')).toBeTypeOf('string');
  });
});

describe('the unit that the program writes', () => {
  it('is read as it was meant', () => {
    const setting = {
      homeDir: '/h',
      node: '/a b/no"de',
      main: '/50%/$x\\y',
      env: { OPENCLAW_STATE_DIR: '/s %n' },
    };
    const unit = readUnit(describeService('linux', setting)?.text ?? '');
    expect(unit).toEqual({
      command: ['/a b/no"de', '--max-semi-space-size=8', '/50%/$x\\y', 'gateway', 'run'],
      environment: { OPENCLAW_STATE_DIR: '/s %n' },
      isNotified: true,
      restarts: true,
      restartMs: 2_000,
      killsRest: true,
    });
  });
});
