// Doors through which secrets could leave beside the usual ones: plugins that crash, the browser's environment, API
// keys and variables, the passphrase, the keychain's helper. Real processes, judged as in canary.test.ts.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createSearch } from '../support/canaries.ts';
import { follow, onboardArgs } from '../support/cli-process.ts';
import { misbehaviours, startEchoingPortal } from '../support/echoing-portal.ts';
import { writePlugin } from '../support/plugin-folder.ts';
import { createTrace, tracingTrouble } from '../support/process-trace.ts';
import { programFile } from '../support/program-file.ts';
import { missingPrograms, secretServicePackages, startSecretService } from '../support/secret-service.ts';
import { createWatchedHome, sealingKey, type WatchedHome } from '../support/watched-home.ts';

const access = `sim-at-g${'x1'.repeat(26)}`;
const refresh = `sim-rt-g${'y2'.repeat(26)}`;

/** Resolves when the passphrase has been asked for so many times. */
function promptsOn(stream: NodeJS.ReadableStream): (times: number) => Promise<void> {
  let printed = '';
  const watchers = new Set<() => void>();
  stream.on('data', (chunk: string) => {
    printed += chunk;
    for (const watcher of watchers) watcher();
  });
  return (times) =>
    new Promise((resolve) => {
      const look = (): void => {
        if (printed.split('Passphrase of the stored logins').length > times) resolve();
      };
      watchers.add(look);
      look();
    });
}

/** A plugin that logs in without asking, and fails behind its caller's back as soon as it is given the login. */
function homeWithPlugin(env?: Record<string, string>): WatchedHome {
  const home = createWatchedHome(env);
  mkdirSync(join(home.folder, 'plugins'));
  writePlugin(join(home.folder, 'plugins'), {
    id: 'leaky',
    manifest: {
      providers: ['leaky'],
      providerAuthChoices: [{ provider: 'leaky', method: 'm', choiceId: 'leaky', choiceLabel: 'Leaky' }],
    },
    // The tokens are put together at run time: the file itself holds none.
    code: `
      const token = (kind, text) => 'sim-' + kind + '-g' + text.repeat(26);
      const credential = {
        type: 'oauth', provider: 'leaky', access: token('at', 'x1'), refresh: token('rt', 'y2'), expires: 9e14,
      };
      const fail = ({ access, refresh }) => Object.assign(
        new Error('refused Bearer ' + access, { cause: new Error(refresh) }), { access, headers: [refresh] });
      const ways = {
        exception: (given) => setTimeout(() => { throw fail(given); }),
        rejection: (given) => void Promise.reject(fail(given)),
        string: (given) => void Promise.reject(given.access),
        object: (given) => void Promise.reject({ ...given }),
        tick: (given) => process.nextTick(() => { throw fail(given); }),
        logged: (given) => ways.log.error('failed ' + given.access, { given, err: fail(given), token: given.refresh }),
      };
      export default { id: 'leaky', name: 'N', description: 'D', register(api) {
        ways.log = api.logger;
        const run = async () => ({ profiles: [{ profileId: 'leaky:default', credential }] });
        api.registerProvider({ id: 'leaky', label: 'Leaky',
          auth: [{ id: 'm', label: 'M', kind: 'custom', run, runNonInteractive: run }],
          prepareRuntimeAuth: ({ credential }) => {
            ways[process.env.WAY ?? 'logged'](credential);
            return { apiKey: credential.access, baseUrl: 'http://127.0.0.1:9' };
          },
        });
      } };`,
  });
  const load = { paths: [join(home.folder, 'plugins')] };
  home.writeConfig({ plugins: { load, entries: { leaky: { enabled: true } } } });
  return home;
}

it('plugins that fail behind the back of their caller', { timeout: 60_000 }, async () => {
  const home = homeWithPlugin();
  // Node's own cache of compiled code is among what it leaves behind.
  const cache = { NODE_COMPILE_CACHE: join(home.folder, 'tmp', 'cache') };
  const onboarded = await home.finish(['onboard', '--auth-choice', 'leaky', '--keep-default'], cache);
  expect(onboarded).toMatchObject({ code: 0 });
  const serve = ['gateway', 'run', '--port', '0', '--json'];
  const crashes = await Promise.all(
    ['exception', 'rejection', 'string', 'object', 'tick'].map((way) =>
      home.finish(serve, { WAY: way, ...(way === 'exception' ? { OPENCLAW_DEBUG: '1' } : {}) }),
    ),
  );
  expect(crashes.map(({ code }) => code)).toEqual([1, 1, 1, 1, 1]);
  for (const { stderr } of crashes.slice(0, 3)) expect(stderr).toContain('[redacted]');
  // Where it happened is told all the same.
  expect(crashes[0]?.stderr).toMatch(/leaky\/index\.js:\d+/);
  const gateway = home.start(serve);
  await gateway.line('stdout', /"url"/);
  gateway.child.kill('SIGTERM');
  expect((await gateway.ended).stderr).toContain('"event":"failed [redacted]"');
  home.expectSilence({ access, refresh, ...sealingKey(home) });
});

const variables = {
  MINIMAX_API_KEY: `sk-api-${randomBytes(24).toString('base64url')}`,
  OPENCLAW_GATEWAY_TOKEN: `gateway ${randomBytes(24).toString('base64url')}`,
  SOME_SECRET: randomBytes(24).toString('hex'),
};

async function openBrowser(): Promise<void> {
  const portal = await startEchoingPortal();
  const home = createWatchedHome();
  home.writeConfig(portal.config);
  const browser = join(home.folder, 'browser');
  const seen = join(home.folder, 'seen');
  writeFileSync(browser, `#!/bin/sh\n(env; echo "$@") > ${seen}.new\nmv ${seen}.new ${seen}\n`);
  chmodSync(browser, 0o755);
  const args = [...onboardArgs.filter((arg) => arg !== '--no-browser'), '--flow', 'loopback'];
  expect(await home.finish(args, { ...variables, BROWSER: browser, WANTED: 'yes' })).toMatchObject({
    code: 0,
  });
  expect(readFileSync(seen, 'utf8')).toMatch(/^WANTED=yes$/m);
  // The page of this login; the provider's own is opened from there.
  expect(readFileSync(seen, 'utf8')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\S+$/m);
  home.expectSilence({ ...variables, ...portal.secrets(), ...sealingKey(home) });
}

async function useKeys(): Promise<void> {
  const portal = await startEchoingPortal();
  const home = createWatchedHome();
  const fromBlock = `sk-block-${randomBytes(24).toString('base64url')}`;
  const fromDotenv = `sk-dotenv-${randomBytes(24).toString('base64url')}`;
  const model = (id: string) => ({ id, name: id, contextWindow: 1_000, maxTokens: 100 });
  const provider = (apiKey: string) => ({
    baseUrl: portal.url,
    apiKey,
    api: 'anthropic-messages',
    models: [model('m')],
  });
  home.writeConfig({
    env: { BLOCK_KEY: fromBlock },
    models: {
      providers: {
        block: provider('${BLOCK_KEY}'),
        dotenv: provider('${DOTENV_KEY}'),
        none: provider('${NONE}'),
      },
    },
    gateway: { auth: { token: '${OPENCLAW_GATEWAY_TOKEN}' } },
  });
  writeFileSync(join(home.stateDir, '.env'), `DOTENV_KEY=${fromDotenv}\n`);
  const commands = [
    ['models', 'list'],
    ['models', 'list', '--json'],
    ['auth', 'status', '--json'],
    ['env', 'anthropic'],
  ];
  await Promise.all(commands.map((args) => home.finish(args, variables)));
  const gateway = home.start(['gateway', 'run', '--port', '0', '--json'], variables);
  const { url } = JSON.parse(await gateway.line('stdout', /"url"/)) as { url: string };
  const answers: string[] = [];
  for (const how of [undefined, misbehaviours.apiError(401), misbehaviours.apiError(400)]) {
    portal.misbehave('messages', how);
    for (const name of ['block/m', 'dotenv/m', 'none/m']) {
      const response = await fetch(`${url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': variables.OPENCLAW_GATEWAY_TOKEN, 'content-type': 'application/json' },
        body: JSON.stringify({ model: name, max_tokens: 8, messages: [{ role: 'user', content: 'hi' }] }),
      });
      answers.push(`${response.status} ${await response.text()}`);
    }
  }
  gateway.child.kill('SIGTERM');
  await gateway.ended;
  const keys = { fromBlock, fromDotenv, ...variables };
  expect(Object.values(portal.secrets())).toEqual([fromBlock, fromDotenv]);
  expect(answers.map((answer) => answer.slice(0, 3))).toEqual([
    '200',
    '200',
    '404',
    '401',
    '401',
    '404',
    '400',
    '400',
    '404',
  ]);
  // An upstream that has two keys can give one to the client of the other; its own it cannot.
  expect(createSearch({ fromBlock })(Buffer.from(`${answers[3]} ${answers[6]}`))).toEqual([]);
  // The files that were written with keys in them on purpose, and are not the program's.
  writeFileSync(home.configFile, '{}');
  writeFileSync(join(home.stateDir, '.env'), '');
  home.expectSilence(keys);
}

it(
  'API keys in commands and in a gateway, and variables in the environment of a browser',
  { timeout: 60_000 },
  async () => {
    await Promise.all([useKeys(), openBrowser()]);
  },
);

it('a passphrase, from a file and typed', { timeout: 60_000 }, async () => {
  const portal = await startEchoingPortal();
  const home = createWatchedHome();
  home.writeConfig(portal.config);
  const passphrase = 'correct horse battery staple';
  const wrong = 'wrong horse battery staple';
  const file = join(home.folder, 'passphrase');
  writeFileSync(file, passphrase, { mode: 0o600 });
  delete home.env['OPENCLAW_AUTH_KEY_FILE'];
  const env = { OPENCLAW_PASSPHRASE_FILE: file };
  expect((await home.json([...onboardArgs, '--storage', 'passphrase'], env)).code).toBe(0);

  const trace = tracingTrouble() === undefined ? createTrace() : undefined;
  const command = [...(trace?.under ?? []), process.execPath, programFile(), 'auth', 'refresh'];
  const child = spawn('script', ['-qefc', `stty cols 100 rows 30; exec ${command.join(' ')}`, '/dev/null'], {
    env: { ...home.env, TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const running = follow(child);
  const asked = promptsOn(child.stdout);
  await asked(1);
  child.stdin.write(`${wrong}\r`);
  // Painted once more when it is submitted, and then anew.
  await asked(3);
  child.stdin.write(`${passphrase}\r`);
  const { code, stdout, stderr } = await running.ended;
  expect(code).toBe(0);
  writeFileSync(file, 'another one that is wrong');
  expect(await home.finish(['auth', 'refresh'], env)).toMatchObject({ code: 1 });
  writeFileSync(file, '');
  const known = { passphrase, wrong, other: 'another one that is wrong', ...portal.secrets() };
  for (const bytes of [Buffer.from(stdout + stderr), ...(trace?.writes() ?? []).map((write) => write.bytes)])
    expect(createSearch(known)(bytes)).toEqual([]);
  home.expectSilence(known);
});

it("the keychain's helper", { timeout: 60_000 }, async (context) => {
  const isRequired = process.env['OPENCLAW_TEST_REQUIRE_SYSTEM'] === '1';
  if (missingPrograms().length > 0 && !isRequired)
    context.skip(`needs Debian packages ${secretServicePackages}`);
  const service = await startSecretService();
  onTestFinished(() => service.stop());
  const { DBUS_SESSION_BUS_ADDRESS = '' } = service.env;
  const home = homeWithPlugin({ DBUS_SESSION_BUS_ADDRESS });
  delete home.env['OPENCLAW_AUTH_KEY_FILE'];
  const onboard = ['onboard', '--auth-choice', 'leaky', '--keep-default', '--storage', 'keychain', '--json'];
  expect(await home.finish(onboard)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('"storage": "keychain"'),
  });
  expect(await home.finish(['gateway', 'token'])).toMatchObject({ code: 0 });
  const listed = await service.secretTool(['search', '--all', 'service', 'openclaw']);
  const item = /^secret = (.+)$/m.exec(listed)?.[1] ?? '';
  const key = Buffer.from(item, 'base64url');
  expect(key).toHaveLength(32);
  home.expectSilence({ access, refresh, 'the item': item, 'the sealing key': key });
});
