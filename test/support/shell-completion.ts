// Completion as a shell does it: the script of the program in bash, zsh or fish, given a line and a Tab. The program that the
// script asks is a stand-in with answers that the real one gave, so that a question costs no process of ours.
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { completionScript } from '../../src/cli/completion/shell-scripts.ts';
import type { Shell } from '../../src/cli/completion/value-kinds.ts';
import { run } from '../../src/cli/run.ts';
import { createFakeContext } from './fake-context.ts';
import { tempFolder } from './temp-folder.ts';

const runFile = promisify(execFile);

export function lacksShell(shell: Shell): boolean {
  const isRequired = process.env['OPENCLAW_TEST_REQUIRE_SYSTEM'] === '1';
  if (isRequired) return false;
  try {
    execFileSync(shell, ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
}

export type CompletionStage = {
  readonly folder: string;
  /** The real program answers these words from now on with what it answers now. */
  answer(words: readonly string[], env?: Record<string, string>): Promise<void>;
  /** These words are answered with these lines. */
  stub(words: readonly string[], lines: readonly string[]): void;
  /** Runs a program of the shell's own language beside the script; resolves with what it prints. */
  play(shell: Shell, program: string): Promise<string>;
};

/** Words as a file name, the same here and in the stand-in. */
const keyOf = (words: readonly string[]): string => `_${words.join('|').replaceAll('/', '%')}`;

export function createCompletionStage(): CompletionStage {
  const folder = tempFolder();
  const bin = join(folder, 'bin');
  const answers = join(folder, 'answers');
  mkdirSync(bin);
  mkdirSync(answers);
  const standIn = join(bin, 'openclaw');
  writeFileSync(
    standIn,
    `#!/bin/sh
[ "$1 $2" = "complete --" ] || exit 1
shift 2
key=$(IFS='|'; printf '_%s' "$*" | tr / %)
echo "$key" >> '${folder}/asked'
echo 'a word on stderr' >&2
[ -f "${answers}/$key" ] && cat "${answers}/$key"
`,
  );
  chmodSync(standIn, 0o755);
  const stub = (words: readonly string[], lines: readonly string[]): void =>
    writeFileSync(join(answers, keyOf(words)), lines.map((line) => `${line}\n`).join(''));
  return {
    folder,
    stub,
    async answer(words, env = {}) {
      const { context, written } = createFakeContext({ env });
      await run(['complete', '--', ...words], context);
      stub(words, written.out.split('\n').slice(0, -1));
    },
    async play(shell, program) {
      const script = join(folder, `completion.${shell}`);
      writeFileSync(script, completionScript(shell));
      const file = join(folder, `play.${shell}`);
      writeFileSync(file, program.replaceAll('SCRIPT', script));
      const bare = { bash: ['--norc', file], zsh: ['-f', file], fish: ['-N', file] }[shell];
      const { stdout, stderr } = await runFile(shell, bare, {
        env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: folder, TERM: 'dumb', LC_ALL: 'C.UTF-8' },
        cwd: folder,
        timeout: 20_000,
      });
      if (stderr !== '') throw new Error(stderr);
      return stdout;
    },
  };
}
