// `auth status` as a command: what it touches, what it asks and of whom, which flags go together.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run as runProgram } from '../../src/cli/run.ts';
import { createHome, loggedIn, startPortal, type Home } from '../support/cli-process.ts';
import { createFakeContext } from '../support/fake-context.ts';
import { sendJson, startServer } from '../support/loopback-server.ts';
import { createStatusHome, first, second } from '../support/status-home.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

/** Says at the end which modules there were, and how many sockets were opened and processes started. */
const witness = `
  import { ChildProcess } from 'node:child_process';
  import { Socket } from 'node:net';
  import { registerHooks } from 'node:module';
  const seen = { modules: [], connects: 0, spawns: 0 };
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function (...args) { seen.connects += 1; return connect.apply(this, args); };
  const { spawn } = ChildProcess.prototype;
  ChildProcess.prototype.spawn = function (...args) { seen.spawns += 1; return spawn.apply(this, args); };
  registerHooks({ load(url, context, next) { seen.modules.push(url); return next(url, context); } });
  process.on('exit', () => process.stderr.write(JSON.stringify(seen)));
`;

it('runs no plugin, starts no process, opens no socket, and loads nothing that could', async () => {
  const { home, store } = await createStatusHome();
  store.close();
  const register = `data:text/javascript,${encodeURIComponent(witness)}`;
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['--import', register, main, 'auth', 'status', ...args], {
      env: home.env,
      encoding: 'utf8',
    });
  const { stdout, stderr, status } = run();
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: expect.stringContaining(`${first}  ok`) as string,
  });
  const seen = JSON.parse(stderr) as { modules: string[]; connects: number; spawns: number };
  expect([seen.connects, seen.spawns]).toEqual([0, 0]);
  const named = (part: string | RegExp): string[] => seen.modules.filter((url) => url.search(part) >= 0);
  expect(named(/cli\/commands\/auth-status\.ts$/)).toHaveLength(1);
  for (const part of [
    /\/extensions\//,
    /undici/,
    /openid-client/,
    /^node:(?:http|https|http2|tls|dns|net)$/,
    /@napi-rs|keytar|dbus-native/,
    /login-status\/(?:probe|watch)/,
    /@clack/,
  ])
    expect(named(part)).toEqual([]);
});

it('refuses flags that contradict each other, and says which to leave out', async () => {
  const { home } = await createStatusHome({});
  for (const flag of ['--check', '--probe', '--usage']) {
    const { code, value } = await home.json(['auth', 'status', '--watch', flag]);
    expect(code).toBe(2);
    expect(value['error']).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(`--watch and ${flag} do not go together`) as string,
      remedy: expect.stringContaining(`openclaw auth status ${flag}`) as string,
    });
  }
});

it('--usage draws the plan; --probe asks each once and renews nothing, and --check tells a refusal', async () => {
  const portal = await startPortal();
  const home = await loggedIn(portal);
  const { stdout } = await home.run(['auth', 'status', '--usage']);
  expect(stdout).toMatch(
    /Plan {5}this window {2}[█▏▎▍▌▋▊▉]*░+ {2}\d+ % used {2}starts anew in .* UTC\)\n {11}this week/,
  );
  expect(stdout).not.toContain('Probe');
  const ascii = await home.run(['auth', 'status', '--usage'], { LC_ALL: 'C' });
  expect(ascii.stdout).toMatch(/this window {2}\[#*-+\] {2}\d+ % used/);
  const { value } = await home.json(['auth', 'status', '--usage']);
  expect(value['profiles']).toMatchObject([
    { plan: { error: null, windows: [{ period: 'window' }, { period: 'week' }] } },
  ]);

  const probe = async (): Promise<Record<string, unknown>> => {
    const { code, value } = await home.json(['auth', 'status', '--probe', '--check']);
    return { code, probe: (value['profiles'] as Record<string, unknown>[])[0]?.['probe'] };
  };
  expect(await probe()).toMatchObject({
    code: 0,
    probe: { outcome: 'works', ms: expect.any(Number) as number },
  });
  portal.control.addFault({ target: 'usage', kind: 'status', status: 503, times: 1 });
  expect(await probe()).toMatchObject({ code: 0, probe: { outcome: 'unreachable', reason: 'HTTP 503' } });
  portal.control.addFault({ target: 'usage', kind: 'status', status: 401, times: 1 });
  expect(await probe()).toMatchObject({
    code: 1,
    probe: { outcome: 'refused', reason: expect.stringMatching(/openclaw auth refresh.*region/s) as string },
  });
  portal.control.addFault({ target: 'usage', kind: 'html', times: 1 });
  expect(await probe()).toMatchObject({
    code: 0,
    probe: { outcome: 'unreachable', reason: 'its answer is no JSON (HTTP 200)' },
  });
  await portal.stop();
  expect(await probe()).toMatchObject({
    code: 0,
    probe: { outcome: 'unreachable', reason: expect.stringContaining('(ECONNREFUSED)') as string },
  });
  expect(portal.control.state().counters).toMatchObject({ refreshes: 0 });
});

it('--probe does not ask for what has ended, or what nobody uses, and says why', async () => {
  const { home, store } = await createStatusHome({ [first]: { expires: Date.now() - 1_000 }, [second]: {} });
  await store.markDead(second, 1, 'revoked');
  const { stdout } = await home.run(['auth', 'status', '--probe']);
  expect(stdout).toContain(
    `Probe    not probed: its token has expired; to renew it: openclaw auth refresh ${first}`,
  );
  expect(stdout).toContain(
    `Probe    not probed: the login has ended: openclaw auth login --profile-id ${second} --region global`,
  );
  home.writeConfig({});
  const disabled = await home.run(['auth', 'status', '--probe']);
  expect(disabled.stdout).toContain(`${first}  expired, renewed at the next use  not used: its plugin`);
  expect(disabled.stdout).toContain('Probe    not probed: nothing uses it');
});

it('a login that another key has sealed is as good as none for --probe --check', async () => {
  const { home, store } = await createStatusHome({ [first]: {} });
  store.close();
  writeFileSync(home.env['OPENCLAW_AUTH_KEY_FILE'] ?? '', 'ab'.repeat(32));
  expect((await home.run(['auth', 'status', '--check'])).code).toBe(0);
  const { code, value } = await home.json(['auth', 'status', '--probe', '--check']);
  expect({ code, value }).toMatchObject({
    code: 1,
    value: { check: 1, profiles: [{ probe: { outcome: 'closed', ms: null } }] },
  });
});

it('--probe proves keys by their providers’ free calls, and tells what they are', async () => {
  const asked: string[] = [];
  const server = await startServer(({ url, headers }, response) => {
    asked.push(url);
    if (url.startsWith('/v1/token_plan')) {
      const isKnown = headers.authorization === 'Bearer canary7f3a-key';
      return sendJson(response, 200, { base_resp: { status_code: isKnown ? 0 : 1004, status_msg: 'no' } });
    }
    return sendJson(response, url === '/v1/models' ? 200 : 401, { data: [{ id: 'local' }] });
  });
  const home = createHome({ MINIMAX_API_KEY: 'canary7f3a-key', MINIMAX_API_HOST: server.url });
  home.writeConfig({
    env: { ANTHROPIC_API_KEY: 'key-of-the-env-block' },
    models: {
      providers: {
        anthropic: { baseUrl: server.url },
        lmstudio: { baseUrl: `${server.url}/v1`, api: 'openai-responses', models: [] },
        mine: { baseUrl: server.url, apiKey: '${MINE_KEY}', api: 'openai-completions', models: [] },
      },
    },
  });
  writeFileSync(join(home.stateDir, '.env'), 'MINE_KEY=key-of-the-file\n');
  const { value } = await home.json(['auth', 'status', '--probe']);
  expect(value).toMatchObject({ profiles: [], storage: null });
  const keys = Object.fromEntries(
    (value['keys'] as { id: string; from: string; variable: string | null; probe: unknown }[]).map(
      ({ id, from, variable, probe }) => [id, { from, variable, probe }],
    ),
  );
  expect(keys).toMatchObject({
    'minimax:key': { from: 'environment', variable: 'MINIMAX_API_KEY', probe: { outcome: 'works' } },
    'anthropic:key': { from: 'openclaw.json', variable: 'ANTHROPIC_API_KEY', probe: { outcome: 'refused' } },
    'lmstudio:key': { from: 'none_needed', probe: { outcome: 'works' } },
    'mine:key': { from: '.env', variable: 'MINE_KEY', probe: { outcome: 'not_probed' } },
  });
  const former = asked.length;
  const refused = await home.run(['auth', 'status', '--probe', '--check'], {
    MINIMAX_API_KEY: 'canary7f3a-x',
  });
  expect(refused.code).toBe(1);
  expect(refused.stdout).toMatch(/minimax:key[^]*Probe {4}refused: 127\.0\.0\.1:\d+ does not know the key/);
  expect(asked.length).toBeGreaterThan(former);
  await server.close();
});

it('an unset variable and a broken file take nothing away', async () => {
  const { home } = await createStatusHome();
  home.writeConfig({ models: { providers: { anthropic: { apiKey: '${NOT_SET_HERE}' } } } });
  expect((await home.run(['auth', 'status'])).stdout).toContain(
    'anthropic has no key: models.providers.anthropic.apiKey needs NOT_SET_HERE, which is not set',
  );
  home.writeConfig('{ models: [ }');
  const broken = await home.run(['auth', 'status']);
  expect(broken.code).toBe(0);
  expect(broken.stdout).toContain(`${first}  ok  in use (first by name)`);
  expect(broken.stderr).toContain('openclaw.json:1:');
});

/** In this process. */
async function look(home: Home, env: Record<string, string> = {}) {
  const ask = async (...args: string[]) => {
    const { context, written } = createFakeContext({
      env: { ...home.env, ...env },
      homeDir: home.folder,
    });
    const code = await runProgram(['auth', 'status', '--check', ...args], context);
    return { code, ...written };
  };
  const { code, out: words } = await ask();
  const { out } = await ask('--json');
  return { code, words, document: JSON.parse(out) as Record<string, unknown> };
}

it('a file with the key that is not there: the one that was looked for, and who names it', async () => {
  const { home } = await createStatusHome();
  const other = join(home.folder, 'other');
  const { code, words, document } = await look(home, { OPENCLAW_AUTH_KEY_FILE: other });
  expect(code).toBe(1);
  const made = home.env['OPENCLAW_AUTH_KEY_FILE'] ?? '';
  expect(words).toContain(
    `key in ${made}; OPENCLAW_AUTH_KEY_FILE names ${other} instead, which is not there now: no login can be opened`,
  );
  expect(document['storage']).toMatchObject({
    keyFileGone: true,
    missingKeyFile: { path: other, variable: 'OPENCLAW_AUTH_KEY_FILE' },
  });
  rmSync(made);
  expect((await look(home)).words).toContain(`key in ${made}, which is not there now`);
});

it('settings that the manifest of its plugin does not allow, and the switch of all plugins', async () => {
  const { home, store } = await createStatusHome({ [first]: {} }, { foo: 1 });
  store.close();
  const broken = await look(home);
  expect(broken.code).toBe(1);
  expect(broken.words).toContain(`${first}  ok  not used: its plugin minimax-portal-auth does not load`);
  expect(broken.words).toMatch(
    /Plugin {3}\S+openclaw\.json:\d+:\d+: unknown key plugins\.entries\.minimax-portal-auth\.config\.foo/,
  );
  expect(broken.document['profiles']).toMatchObject([
    { use: 'idle', unusedBecause: 'plugin_failed', pluginTrouble: { code: 'CONFIG_INVALID' } },
  ]);

  const write = (entry: Record<string, unknown>): void =>
    home.writeConfig({ plugins: { enabled: false, entries: { 'minimax-portal-auth': entry } } });
  write({ enabled: true });
  const off = await look(home);
  expect(off.code).toBe(1);
  expect(off.words).toContain('not used: every plugin is off (plugins.enabled is false)');
  expect(off.words).toContain('Next     openclaw config unset plugins.enabled\n');
  expect(off.document['profiles']).toMatchObject([{ unusedBecause: 'plugins_off', pluginTrouble: null }]);
  write({ enabled: false });
  expect((await look(home)).words).toContain(
    'Next     openclaw config unset plugins.enabled && openclaw plugins enable minimax-portal-auth',
  );
});

it('the gateway’s own token in a variable of a provider is no key of it', async () => {
  const home = createHome({ ANTHROPIC_API_KEY: 'ocgw-of-openclaw-env' });
  expect((await look(home)).document).toMatchObject({ check: 1, keys: [] });
  writeFileSync(join(home.stateDir, '.env'), 'ANTHROPIC_API_KEY=key-of-the-file\n');
  expect((await look(home)).document).toMatchObject({
    check: 0,
    keys: [{ id: 'anthropic:key', from: '.env', active: true }],
  });
});

it('a configuration that does not load is told, and counts where no gateway runs', async () => {
  const { home } = await createStatusHome({ [first]: {} });
  expect((await look(home)).document).toMatchObject({ check: 0, troubles: [] });
  home.writeConfig('{ models: [ }');
  const { code, words, document } = await look(home);
  expect(code).toBe(1);
  expect(words).toContain(`${first}  ok  in use (only login)`);
  expect(words).toContain('Config   does not load, and no gateway starts until it does');
  expect(document).toMatchObject({
    check: 1,
    troubles: [
      {
        code: 'CONFIG_SYNTAX',
        message: expect.stringContaining('openclaw.json:1:') as string,
        remedy: expect.any(String) as string,
      },
    ],
  });
});
