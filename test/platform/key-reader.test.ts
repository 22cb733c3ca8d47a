// Keys and pastes out of what a terminal sends, and the terminal's mode on every way out.
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createKeyParser, type KeyInput } from '../../src/platform/key-parser.ts';
import { readKeysFrom, type KeyEvent } from '../../src/platform/key-reader.ts';

const key = (name: string): KeyInput => ({ kind: 'key', name });
const paste = (text: string): KeyInput => ({ kind: 'paste', text });
const url = 'http://127.0.0.1:4123/callback?code=a&state=b';

describe('what is typed', () => {
  it.each<[string, string[], KeyInput[]]>([
    ['a key', ['c'], [key('c')]],
    ['a letter of another alphabet', ['ф'], [key('ф')]],
    ['Enter', ['\r'], [key('enter')]],
    ['arrows, function keys and the mouse', ['\u001b[A', '\u001bOP', '\u001b[15~', '\u001b[<0;3;4M'], []],
    ['an arrow in pieces', ['\u001b[', 'A', 'c'], [key('c')]],
    ['the Escape key, then a key', ['\u001b', 'c'], [key('c')]],
    ['the Escape key, then an arrow in pieces', ['\u001b', '[A'], []],
    ['a bracketed paste', [`\u001b[200~${url}\u001b[201~`], [paste(url)]],
    [
      'a paste in pieces',
      ['\u001b[200~http://', '127.0.0.1', '/\u001b[20', '1~q'],
      [paste('http://127.0.0.1/'), key('q')],
    ],
    ['a paste that is no bracketed one', [`${url}\r`], [paste(url)]],
    ['keys that were typed fast', ['qc', 'c u'], [key('q'), key('c'), key('c'), key('u')]],
    ['Ctrl-C', ['\u0003'], [{ kind: 'interrupt' }]],
    ['Ctrl-C in a paste that does not end', ['\u001b[200~abc', '\u0003'], [{ kind: 'interrupt' }]],
    ['Ctrl-Z', ['\u001a'], [{ kind: 'suspend' }]],
    ['Ctrl-D, Backspace, Tab', ['\u0004', '\u007f', '\t'], []],
    ['an answer of the terminal (OSC)', ['\u001b]52;c;AAAA\u0007c'], [key('c')]],
  ])('%s', (_name, chunks, expected) => {
    const parse = createKeyParser();
    expect(chunks.flatMap((chunk) => parse(chunk))).toEqual(expected);
  });

  it('a paste without an end is cut off and given up', () => {
    const parse = createKeyParser();
    const inputs = [parse('\u001b[200~'), parse('x'.repeat(70_000)), parse('c')].flat();
    expect(inputs.map((input) => (input.kind === 'paste' ? input.text.length : input))).toEqual([
      65_536,
      key('c'),
    ]);
  });
});

function stage() {
  const did: string[] = [];
  const stdin = Object.assign(new EventEmitter(), {
    setRawMode: (raw: boolean) => void did.push(raw ? 'raw' : 'cooked'),
    pause: () => void did.push('pause'),
    resume: () => void did.push('resume'),
  });
  const program = new EventEmitter();
  const events: KeyEvent[] = [];
  const stop = readKeysFrom(
    {
      stdin: stdin as unknown as Parameters<typeof readKeysFrom>[0]['stdin'],
      write: (text) => void did.push(text.replace('\u001b', 'ESC')),
      process: program as unknown as Parameters<typeof readKeysFrom>[0]['process'],
      raise: (signal) => void did.push(signal),
    },
    (event) => void events.push(event),
  );
  return { did, stdin, program, events, stop };
}

describe('the mode of the terminal', () => {
  it('is as before when reading stops, once', () => {
    const { did, stdin, program, stop, events } = stage();
    stdin.emit('data', Buffer.from('c'));
    stop();
    stop();
    stdin.emit('data', Buffer.from('q'));
    expect(did).toEqual(['raw', 'ESC[?2004h', 'resume', 'pause', 'ESC[?2004l', 'cooked']);
    expect(events).toEqual([key('c')]);
    expect([...program.eventNames(), ...stdin.eventNames()]).toEqual([]);
  });

  it('is as before when the process ends', () => {
    const { did, program } = stage();
    did.length = 0;
    program.emit('exit');
    expect(did).toEqual(['ESC[?2004l', 'cooked']);
  });

  it('D15: Ctrl-C is the signal that it always is', () => {
    const { did, stdin } = stage();
    did.length = 0;
    stdin.emit('data', Buffer.from('\u0003'));
    expect(did).toEqual(['SIGINT']);
  });

  it('is the shell’s while the process is suspended, and raw again afterwards', () => {
    const { did, stdin, program, events } = stage();
    did.length = 0;
    stdin.emit('data', Buffer.from('\u001a'));
    expect(did).toEqual(['ESC[?2004l', 'cooked', 'SIGTSTP']);
    program.emit('SIGCONT');
    expect(did.slice(3)).toEqual(['raw', 'ESC[?2004h']);
    expect(events).toEqual([{ kind: 'suspend' }, { kind: 'resume' }]);
  });

  it('is raw again by itself where nothing could suspend the process', async () => {
    const { did, stdin, program, events } = stage();
    did.length = 0;
    stdin.emit('data', Buffer.from('\u001a'));
    await new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));
    expect(did).toEqual(['ESC[?2004l', 'cooked', 'SIGTSTP', 'raw', 'ESC[?2004h']);
    expect(events).toEqual([{ kind: 'suspend' }, { kind: 'resume' }]);
    expect(program.listenerCount('SIGCONT')).toBe(1);
  });

  it('a letter that comes in two chunks is one key', () => {
    const { stdin, events } = stage();
    const bytes = Buffer.from('щ');
    stdin.emit('data', bytes.subarray(0, 1));
    stdin.emit('data', bytes.subarray(1));
    expect(events).toEqual([key('щ')]);
  });
});
