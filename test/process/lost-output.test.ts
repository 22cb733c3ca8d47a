// What a command prints goes to a disk that is full, or to a reader that has left.
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createHome } from '../support/cli-process.ts';

const into = (target: string): string[] => ['sh', '-c', `exec "$@" ${target}`, 'sh'];

it('a full disk under the output is an error, said once', async (context) => {
  if (!existsSync('/dev/full')) return context.skip('needs /dev/full');
  const home = createHome();
  for (const args of [['models', 'list', '--all'], ['config', 'path', '--json'], ['--help']]) {
    const { code, stderr } = await home.start(args, {}, into('>/dev/full')).ended;
    expect([args[0], code, stderr]).toEqual([
      args[0],
      1,
      'Error: The output could not be written (ENOSPC). What the command did is done.\n' +
        '  See whether the disk that it goes to is full.\n',
    ]);
  }
});

it('a reader that has left is none', async () => {
  const home = createHome();
  const script = '{ "$@"; echo "exit $?" >&2; } | true';
  const { stderr } = await home.start(['models', 'list', '--all'], {}, ['sh', '-c', script, 'sh']).ended;
  expect(stderr).toBe('exit 0\n');
});
