// Where a copied code goes: to the desktop's own program, else to the terminal.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createClipboard, desktopCommands } from '../../src/platform/clipboard.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

const code = 'TUE3-FXNG';
const sequence = `\u001b]52;c;${Buffer.from(code).toString('base64')}\u0007`;

function stage(env: Record<string, string>, programs: Record<string, string> = {}, errIsTty = true) {
  const folder = tempFolder();
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script.replaceAll('FOLDER', folder)}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  let written = '';
  const clipboard = createClipboard({
    env: { ...env, PATH: folder },
    terminal: { errIsTty, writeErr: (text) => void (written += text) },
    clock: systemClock,
    platform: 'linux',
  });
  return { clipboard, folder, written: () => written };
}

const takes = '/bin/cat > FOLDER/taken; printf "%s " "$@" > FOLDER/argv';

describe('the clipboard', () => {
  it.each<[string, Record<string, string>, NodeJS.Platform, string[]]>([
    ['macOS', {}, 'darwin', ['pbcopy']],
    ['Windows', {}, 'win32', ['clip.exe']],
    ['WSL', { WSL_DISTRO_NAME: 'x' }, 'linux', ['clip.exe']],
    ['Wayland with X', { WAYLAND_DISPLAY: 'w', DISPLAY: ':0' }, 'linux', ['wl-copy', 'xclip', 'xsel']],
    ['X', { DISPLAY: ':0' }, 'linux', ['xclip', 'xsel']],
    ['nothing', {}, 'linux', []],
    ['SSH with a forwarded display', { DISPLAY: ':10', SSH_TTY: 'x' }, 'linux', []],
    ['SSH to a Mac', { SSH_CONNECTION: 'x' }, 'darwin', []],
  ])('asks the desktop of %s', (_name, env, platform, programs) => {
    expect(desktopCommands(env, platform).map(([program]) => program)).toEqual(programs);
  });

  it('hands the text to the program on stdin, and nothing to the terminal', async () => {
    const { clipboard, folder, written } = stage({ DISPLAY: ':0' }, { xclip: takes });
    expect(await clipboard.copy(code)).toBe('copied');
    expect(readFileSync(join(folder, 'taken'), 'utf8')).toBe(code);
    expect(readFileSync(join(folder, 'argv'), 'utf8')).not.toContain(code);
    expect(written()).toBe('');
  });

  it('takes the next program when one fails, and the terminal when none is left', async () => {
    const next = stage({ WAYLAND_DISPLAY: 'w', DISPLAY: ':0' }, { 'wl-copy': 'exit 1', xsel: takes });
    expect(await next.clipboard.copy(code)).toBe('copied');
    const none = stage({ DISPLAY: ':0' }, { xclip: 'exit 1' });
    expect(await none.clipboard.copy(code)).toBe('sent');
    expect(none.written()).toBe(sequence);
  });

  it.each<[string, Record<string, string>, boolean, string, string]>([
    ['a terminal', { TERM: 'xterm' }, true, 'sent', sequence],
    ['GNU screen', { TERM: 'screen', STY: '1.x' }, true, 'sent', `\u001bP${sequence}\u001b\\`],
    ['a dumb terminal', { TERM: 'dumb' }, true, 'failed', ''],
    ['no terminal', {}, false, 'failed', ''],
  ])('by OSC 52 in %s', async (_name, env, errIsTty, outcome, written) => {
    const staged = stage(env, {}, errIsTty);
    expect(await staged.clipboard.copy(code)).toBe(outcome);
    expect(staged.written()).toBe(written);
  });

  it('asks tmux by its own command, which passes it on', async () => {
    const { clipboard, folder, written } = stage({ TMUX: 'x', TERM: 'tmux' }, { tmux: takes });
    expect(await clipboard.copy(code)).toBe('sent');
    expect(readFileSync(join(folder, 'argv'), 'utf8')).toBe('load-buffer -w - ');
    expect(readFileSync(join(folder, 'taken'), 'utf8')).toBe(code);
    expect(written()).toBe('');
  });
});
