// A command's surroundings in a test: streams that are kept, a terminal that can do what the test says, real time.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type { CommandContext } from '../../src/cli/command-context.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { describeInstallation, type Installation } from '../../src/platform/installation.ts';
import { programFile } from './program-file.ts';

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
    installation: installationOfTests(),
    ...overrides,
  };
  return { context, written };
}

/** Plugins from the sources, as they share this process; what is started is the bundle. */
function installationOfTests(): Installation {
  const sources = pathToFileURL(join(import.meta.dirname, '../../src/main.ts'));
  const bundle = describeInstallation(pathToFileURL(programFile()).href);
  return { ...bundle, extensions: describeInstallation(sources.href).extensions };
}
