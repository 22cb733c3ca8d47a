// Line breaks in a hidden field: the last one is Enter, any other is seen by whoever takes the answer.
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { asKeys, createLineInput, withLineBreaks } from '../../../src/cli/ui/hidden-field.ts';

describe('one read of the keyboard', () => {
  it.each([
    ['a key with LF behind it', 'sk-1\n', 'sk-1\r'],
    ['with CR', 'sk-1\r', 'sk-1\r'],
    ['with both', 'sk-1\r\n', 'sk-1\r'],
    ['without any', 'sk-1', 'sk-1'],
    ['Enter alone', '\r', '\r'],
    ['Ctrl-J alone', '\n', '\r'],
    ['Ctrl-C', '\u0003', '\u0003'],
    ['an arrow', '\u001b[A', '\u001b[A'],
    ['a space', ' ', ' '],
    ['several empty lines behind a key', 'sk-1 \n\n', 'sk-1\r'],
    ['two lines', 'AAA\nBBB', 'AAA\u2424BBB'],
    ['two lines, sent as CR, and Enter', 'AAA\rBBB\r', 'AAA\u2424BBB\r'],
  ])('%s', (_, text, keys) => {
    expect(asKeys(text)).toBe(keys);
  });

  it('comes back with its line breaks', () => {
    expect(withLineBreaks(asKeys('AAA\r\nBBB'))).toBe('AAA\nBBB');
  });
});

it('lets go of the keyboard with whoever read it, and at the end', async () => {
  const keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => keyboard });
  const { input, close } = createLineInput(keyboard as unknown as NodeJS.ReadStream);
  const read = new Promise((resolve) => input.once('data', (keys: Buffer) => resolve(keys.toString())));
  keyboard.write('sk-1\n');
  expect(await read).toBe('sk-1\r');
  expect(keyboard.isPaused()).toBe(false);
  input.pause();
  expect(keyboard.isPaused()).toBe(true);
  close();
  expect(keyboard.listenerCount('data')).toBe(0);
});
