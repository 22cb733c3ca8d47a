// What is said to a command line that is not understood: the help of the command that was meant.
import { expect, it } from 'vitest';
import { createHome } from '../support/cli-process.ts';

it.each([
  [
    ['auth', 'storage', 'migrate'],
    "Missing required argument 'kind'",
    'openclaw auth storage migrate --help',
  ],
  [['auth', 'storage', 'mve'], 'Unknown command', 'openclaw auth storage --help'],
  [['auth', 'logn'], 'Did you mean login?', 'openclaw auth --help'],
  [['onboard', '--rgion', 'cn'], "Unknown option '--rgion'", 'openclaw onboard --help'],
  [['nonsense'], 'Unknown command', 'openclaw --help'],
] as const)('%j', async (args, complaint, help) => {
  const { code, stderr } = await createHome().run([...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(complaint);
  expect(stderr).toContain(`See \`${help}\`.`);
});
