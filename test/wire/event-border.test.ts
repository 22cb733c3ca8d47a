// Where whole events end, against every place at which a stream can be cut.
import { describe, expect, it } from 'vitest';
import { lastEventEnd } from '../../src/wire/event-border.ts';

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
    ['a carriage return alone', 'data: x\n\r', 0],
    ['line feed, then both', 'data: x\n\r\ny', 10],
  ])('in %s', (_name, text, end) => {
    expect(lastEventEnd(Buffer.from(text))).toBe(end);
  });

  it.each(['\n', '\r\n'])('is the same wherever the bytes stop (%j)', (eol) => {
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
