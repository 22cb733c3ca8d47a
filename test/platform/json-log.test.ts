// The log adapter: what a line holds, and when it is written.
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createJsonLog } from '../../src/platform/json-log.ts';
import { tempFolder } from '../support/temp-folder.ts';

function createLines(): { write(text: string): void; writes: string[] } {
  const writes: string[] = [];
  return { write: (text) => void writes.push(text), writes };
}

describe('JSON log', () => {
  it('writes one JSON object a line, those of a moment together', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const destination = createLines();
    const log = createJsonLog({ destination });
    log.info('request', { status: 200, model: 'p/m', left: undefined });
    log.debug('not at this level');
    log.info('again');
    expect(destination.writes).toEqual([]);
    vi.advanceTimersByTime(50);
    expect(destination.writes).toHaveLength(1);
    const [first, second, rest] = (destination.writes[0] ?? '').split('\n');
    expect(JSON.parse(first ?? '')).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      status: 200,
      model: 'p/m',
      event: 'request',
    });
    expect(JSON.parse(second ?? '')).toMatchObject({ event: 'again' });
    expect(rest).toBe('');
  });

  it('does not hold back warnings, nor anything on flush', () => {
    const destination = createLines();
    const log = createJsonLog({ destination, level: 'debug' });
    log.debug('before');
    log.warn('trouble');
    expect(destination.writes.join('').match(/before[^]*trouble/)).not.toBeNull();
    log.info('last');
    log.flush();
    log.flush();
    expect(destination.writes).toHaveLength(2);
  });

  it('writes for a person when asked to, still one line each', () => {
    const destination = createLines();
    const log = createJsonLog({ destination, pretty: true });
    log.error('request', { status: 502, reason: 'two\nlines' });
    expect(destination.writes[0]).toMatch(
      /^\d\d:\d\d:\d\d error request {2}status=502 {2}reason="two\\nlines"\n$/,
    );
  });

  it('writes to a file descriptor', () => {
    const path = join(tempFolder(), 'log');
    const fd = openSync(path, 'w');
    createJsonLog({ destination: fd }).error('trouble', { text: 'é'.repeat(100_000) });
    closeSync(fd);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      event: 'trouble',
      text: 'é'.repeat(100_000),
    });
  });

  it.each([
    ['a token by its name', { token: 'canary7f3a' }],
    ['a header by its name', { 'X-Api-Key': 'canary7f3a' }],
    ['nested', { request: { headers: ['canary7f3a'] } }],
    [
      'an error with properties',
      { err: Object.assign(new Error('x', { cause: 'canary7f3a' }), { body: 'canary7f3a' }) },
    ],
    ['what makes its own JSON', { value: { toJSON: () => 'canary7f3a' } }],
  ])('shows no secret that types would have kept out: %s', (_what, fields) => {
    for (const pretty of [false, true]) {
      const destination = createLines();
      createJsonLog({ destination, pretty }).error('trouble', fields as never);
      expect(destination.writes.join('')).toContain('trouble');
      expect(destination.writes.join('')).not.toContain('canary7f3a');
    }
  });
});
