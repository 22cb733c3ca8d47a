// Where whole events end, against every place at which a stream can be cut.
import { describe, expect, it } from 'vitest';
import { firstEventEnd, lastEventEnd } from '../../src/wire/event-border.ts';

describe('the end of the last whole event', () => {
  it.each([
    ['nothing', '', 0],
    ['a line feed', '\n', 0],
    ['a line', 'data: x\n', 0],
    ['an empty line with nothing before it', '\n\n', 2],
    ['one event', 'data: x\n\n', 9],
    ['one and a half', 'data: x\n\ndata: y\n', 9],
    ['two', 'data: x\n\ndata: y\n\n', 18],
    ['carriage returns', 'data: x\r\n\r\ndata', 11],
    ['half of a line end', 'data: x\n\r', 0],
    ['half of a line end behind an event', 'data: x\n\n\r', 9],
    ['line feed, then both', 'data: x\n\r\ny', 10],
    ['a carriage return', 'data: x\r', 0],
    ['a carriage return and more', 'data: x\rdata: y', 0],
    ['two carriage returns', 'data: x\r\r', 9],
    ['two carriage returns and more', 'data: x\r\rdata: y\r', 9],
    ['two events of such lines', 'data: x\r\rdata: y\r\r', 18],
    ['carriage return, then both', 'data: x\r\r\ny', 10],
    ['line feed, then carriage return', 'data: x\n\ry', 9],
    ['both, then carriage return', 'data: x\r\n\ry', 10],
    ['such lines behind others', 'data: x\n\ndata: y\r\rdata', 18],
    ['others behind such lines', 'data: x\r\rdata: y\n\ndata', 18],
    ['both, once', '\r\n', 0],
  ])('in %s', (_name, text, end) => {
    expect(lastEventEnd(Buffer.from(text))).toBe(end);
  });

  it.each(['\n', '\r\n', '\r'])('is the same wherever the bytes stop (%j)', (eol) => {
    const events = ['event: a', 'data: 1', '', ': a comment', '', 'data: 2', 'data: 3', '', ''];
    const whole = events.map((line) => line + eol).join('');
    for (let length = 0; length <= whole.length; length += 1) {
      const text = whole.slice(0, length);
      const at = text.lastIndexOf(eol + eol);
      expect([length, lastEventEnd(Buffer.from(text))]).toEqual([
        length,
        at === -1 ? 0 : at + 2 * eol.length,
      ]);
    }
  });
});

describe('the end of the first event', () => {
  it.each(['\n', '\r\n', '\r'])('is where the lines of one event alone end (%j)', (eol) => {
    const events = [`event: a${eol}data: 1${eol}${eol}`, `: b${eol}${eol}`, `data: 2${eol}${eol}`];
    const bytes = Buffer.from(`${events.join('')}data: 3${eol}`);
    const ends: number[] = [];
    for (let from = 0; from !== -1; from = firstEventEnd(bytes, from)) ends.push(from);
    const lengths = events.map((event) => event.length);
    expect(ends).toEqual([0, 1, 2, 3].map((n) => lengths.slice(0, n).reduce((sum, one) => sum + one, 0)));
  });
});
