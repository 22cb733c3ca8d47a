// `auth login` beside `onboard`: what it leaves to do is said, and its own help is named.
import { describe, expect, it } from 'vitest';
import { authLogin } from '../../src/cli/commands/auth-login.ts';
import type { SetupOptions } from '../../src/cli/wizard/setup-flags.ts';
import { createHome, type Home } from '../support/cli-process.ts';
import { createFakeContext } from '../support/fake-context.ts';
import { goodKey, startKeyServer } from '../support/key-server.ts';

const piped = { readInput: () => Promise.resolve(`${goodKey}\n`) };

async function pipe(home: Home, options: SetupOptions, env: Record<string, string>) {
  const { context, written } = createFakeContext({ env: { ...home.env, ...env }, homeDir: home.folder });
  const code = await authLogin(context, { json: true, apiKeyStdin: true, ...options }, piped);
  return { code, value: JSON.parse(written.out) as Record<string, unknown> };
}

describe('auth login', () => {
  it('says which command sets the default model where there is none', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    const env = { MINIMAX_API_HOST: keys.url };
    const command = 'openclaw models set minimax/MiniMax-M3';
    const options = { authChoice: 'minimax-api' };
    expect((await pipe(home, options, env)).value).toMatchObject({
      defaultModel: null,
      next: [command],
    });
    const { context, written } = createFakeContext({ env: { ...home.env, ...env }, homeDir: home.folder });
    await authLogin(context, { ...options, apiKeyStdin: true }, piped);
    expect(written.out).toContain(`No default model is set yet. To set one:\n  ${command}\n`);
    expect((await home.json(['models', 'set', 'minimax/MiniMax-M3'], env)).code).toBe(0);
    expect((await pipe(home, options, env)).value).toMatchObject({
      defaultModel: 'minimax/MiniMax-M3',
      next: [],
    });
  });

  it.each([
    ['onboard', ['--base-url', 'ftp://x']],
    ['onboard', ['--api-key-env', 'lower']],
    ['auth login', ['--base-url', 'ftp://x']],
  ])('a wrong flag of %s is explained by its own help: %j', async (command, flags) => {
    const home = createHome();
    const args = [...command.split(' '), '--non-interactive', '--auth-choice', 'lmstudio', ...flags];
    const { code, value } = await home.json(args);
    expect(code).toBe(2);
    expect(value).toMatchObject({ error: { remedy: `See \`openclaw ${command} --help\`.` } });
  });
});
