// A command's surroundings in a test: streams that are kept, a terminal that can do what the test says, real time.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type { CommandContext } from '../../src/cli/command-context.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { describeInstallation } from '../../src/platform/installation.ts';

export function createFakeContext(overrides: Partial<CommandContext> = {}) {
  const written = { out: '', err: '' };
  const context: CommandContext = {
    env: {},
    homeDir: '/nonexistent',
    terminal: {
      interactive: false,
      outIsTty: false,
      errIsTty: false,
      outColours: false,
      errColours: false,
      hyperlinks: false,
      columns: () => 100,
      rows: () => 40,
      onResize: () => () => undefined,
      readKeys: () => () => undefined,
      writeOut: (text) => {
        written.out += text;
      },
      writeErr: (text) => {
        written.err += text;
      },
    },
    clock: systemClock,
    signal: new AbortController().signal,
    unfinished: new Set(),
    installation: describeInstallation(pathToFileURL(join(import.meta.dirname, '../../src/main.ts')).href),
    ...overrides,
  };
  return { context, written };
}
