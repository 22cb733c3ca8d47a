// Tests that leak on purpose, each in a way of its own; all but the last must fail. Run by sweep.test.ts alone.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import { follow } from '../support/cli-process.ts';
import { canary } from '../support/credentials.ts';
import { tempFolder } from '../support/temp-folder.ts';

const token = `sim-rt-g${'Rt0_9-x'.repeat(7)}`;

it('a token deep in a folder', () => {
  const folder = join(tempFolder(), 'state', 'auth');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'crash.log'), `${'x'.repeat(100_000)}${token}`);
});

it('a token in a file that nobody may read', () => {
  const folder = tempFolder();
  writeFileSync(join(folder, 'closed'), Buffer.from(token).toString('base64'));
  chmodSync(join(folder, 'closed'), 0);
  chmodSync(folder, 0);
});

it('a secret in the name of a file', () => {
  writeFileSync(join(tempFolder(), `${canary}.json`), '');
});

it.each(['stdout', 'stderr'])('a token on %s of a process', async (stream) => {
  const script = `process.${stream}.write(process.env.SAY)`;
  await follow(spawn(process.execPath, ['--eval', script], { env: { SAY: token } }), ['auth', 'status'])
    .ended;
});

it('a gateway token where it may be', async () => {
  const script = `process.stdout.write(process.env.SAY)`;
  const env = { SAY: `ocgw-${'Gw0_9-x'.repeat(6)}` };
  await follow(spawn(process.execPath, ['--eval', script], { env }), ['gateway', 'token']).ended;
  writeFileSync(join(tempFolder({ mayHold: [canary] }), 'key'), canary);
});
