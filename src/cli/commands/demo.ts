// `demo`: the whole story on loopback against the portal simulator. Real processes, a real approval page, the official
// SDK. Every step is checked; the first that does not hold ends it with an error. Leaves nothing behind.
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OpenClawError } from '../../errors.ts';
import { sleep } from '../../platform/clock.ts';
import { createOutput, type CommandContext, type Output, type OutputOptions } from '../command-context.ts';
import { approveOnPage } from '../demo/approve-page.ts';
import { startChild, type ChildProgram } from '../demo/child-program.ts';
import { formatCountdown } from '../ui/duration.ts';

const accessTtlSeconds = 8;
const requestEveryMs = 1_500;
const pluginId = 'minimax-portal-auth';
const model = 'minimax-portal/MiniMax-M3';

type SimulatorState = {
  counters: Record<string, number>;
  violations: { rule: string; detail: string }[];
};

export async function demo(context: CommandContext, options: OutputOptions): Promise<number> {
  const output = createOutput(context, options);
  const home = await mkdtemp(join(tmpdir(), 'openclaw-demo-'));
  const children: ChildProgram[] = [];
  const steps: { step: string; ok: true; detail?: string }[] = [];
  try {
    await play(context, output, home, children, steps);
    output.line();
    output.line(
      `${output.style.good('✓')} All ${steps.length} steps hold. Nothing of this is left on the machine.`,
    );
    output.line(`  For real: ${output.style.accent('openclaw onboard --auth-choice minimax-portal')}`);
    output.result({ ok: true, steps });
    return 0;
  } finally {
    for (const child of children.toReversed()) await child.kill('SIGKILL');
    await rm(home, { recursive: true, force: true });
  }
}

async function play(
  context: CommandContext,
  output: Output,
  home: string,
  children: ChildProgram[],
  steps: { step: string; ok: true; detail?: string }[],
): Promise<void> {
  const { installation, signal, clock } = context;
  const stateDir = join(home, 'state');
  const keyFile = join(home, 'key');
  await mkdir(stateDir, { mode: 0o700 });
  await writeFile(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  const env: Record<string, string> = {
    PATH: context.env['PATH'] ?? '',
    HOME: home,
    OPENCLAW_STATE_DIR: stateDir,
    OPENCLAW_AUTH_KEY_FILE: keyFile,
    NO_COLOR: '1',
    ...(context.env['SystemRoot'] === undefined ? {} : { SystemRoot: context.env['SystemRoot'] }),
  };
  const start = (file: string, ...args: string[]): ChildProgram => {
    signal.throwIfAborted();
    const child = startChild(process.execPath, [file, ...args], env);
    children.push(child);
    return child;
  };
  const openclaw = async (...args: string[]): Promise<Record<string, unknown>> => {
    const child = start(installation.main, ...args, '--json');
    const { code, stdout } = await child.ended;
    check(code === 0, `openclaw ${args.join(' ')} ended with ${code}: ${stdout.slice(0, 600)}`);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const done = (step: string, detail?: string): void => {
    steps.push({ step, ok: true, ...(detail === undefined ? {} : { detail }) });
    output.line(
      `${output.style.good('✓')} ${step}${detail === undefined ? '' : output.style.dim(`  ${detail}`)}`,
    );
  };

  output.line(output.style.bold(`OpenClaw MiniMax portal, played through on this machine`));
  output.line(
    output.style.dim(
      `No account, no keychain, no network beyond 127.0.0.1. Access tokens live ${accessTtlSeconds} seconds.`,
    ),
  );
  output.line();

  const simulator = start(
    fileURLToPath(installation.simulator),
    '--port',
    '0',
    '--access-ttl',
    `${accessTtlSeconds}s`,
  );
  const portal = await simulator.line('stdout', (value) =>
    typeof value['controlUrl'] === 'string' ? value : undefined,
  );
  const controlUrl = String(portal['controlUrl']).replace(/\/+$/, '');
  const state = async (): Promise<SimulatorState> =>
    (await (await fetch(`${controlUrl}/state`)).json()) as SimulatorState;
  const config = portal['config'] as { plugins: { entries: Record<string, { enabled: boolean }> } };
  const entry = config.plugins.entries[pluginId];
  if (entry !== undefined) entry.enabled = false;
  await writeFile(join(stateDir, 'openclaw.json'), JSON.stringify(config, undefined, 2));
  done('The portal simulator is up', String(portal['accountUrl']));

  await openclaw('plugins', 'enable', pluginId);
  done('The plugin is enabled', `openclaw plugins enable ${pluginId}`);

  const onboard = start(
    installation.main,
    'onboard',
    '--auth-choice',
    'minimax-portal',
    '--region',
    'global',
    '--no-browser',
    '--non-interactive',
    '--json',
  );
  const code = await onboard.line('stderr', (value) =>
    value['event'] === 'device_code'
      ? { url: String(value['url']), userCode: String(value['user_code']) }
      : undefined,
  );
  done('A login has begun', `code ${code.userCode}`);
  await approveOnPage(code.url);
  done('Approved on the portal’s page', new URL(code.url).pathname);
  const onboarded = await onboard.ended;
  check(onboarded.code === 0, `onboard ended with ${onboarded.code}: ${onboarded.stdout.slice(0, 600)}`);
  const login = JSON.parse(onboarded.stdout) as {
    profile: { id: string };
    storage: string;
    verified: boolean;
  };
  check(login.verified, 'the free call did not prove the token');
  done('Logged in, verified by a free call, saved', `${login.profile.id}, ${login.storage}`);

  const before = await readStatus(openclaw);
  done('auth status', describe(before));

  let gateway = start(installation.main, 'gateway', 'run', '--port', '0', '--json');
  let url = await gateway.line('stdout', (value) =>
    typeof value['url'] === 'string' ? value['url'] : undefined,
  );
  const token = String((await openclaw('gateway', 'token'))['token']);
  done('The gateway is ready', url);

  const { default: Anthropic } = await import('@anthropic-ai/sdk');
  const ask = async (text: string, stream: boolean): Promise<void> => {
    const client = new Anthropic({ baseURL: url, apiKey: token, maxRetries: 0, logLevel: 'off' });
    const request = { model, max_tokens: 64, messages: [{ role: 'user' as const, content: text }] };
    const message = stream
      ? await client.messages.stream(request).finalMessage()
      : await client.messages.create(request);
    const answer = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    check(answer.includes(text), `the answer does not hold the question: ${answer.slice(0, 200)}`);
  };

  const atStart = (await state()).counters['refreshes'] ?? 0;
  const startedMs = clock.monotonicMs();
  const lastsMs = (accessTtlSeconds * 2 + 2) * 1000;
  let asked = 0;
  let refreshes = 0;
  while (clock.monotonicMs() - startedMs < lastsMs || refreshes < 2) {
    signal.throwIfAborted();
    check(clock.monotonicMs() - startedMs < lastsMs + 10_000, 'the token was not refreshed twice in time');
    asked += 1;
    const streaming = asked % 2 === 0;
    const beganMs = clock.monotonicMs();
    await ask(`hello number ${asked}`, streaming);
    const tookMs = Math.round(clock.monotonicMs() - beganMs);
    refreshes = ((await state()).counters['refreshes'] ?? 0) - atStart;
    output.line(
      output.style.dim(
        `  ${formatCountdown(clock.monotonicMs() - startedMs)}  request ${String(asked).padStart(2)} ${streaming ? 'stream' : 'json  '}  ok in ${String(tookMs).padStart(3)} ms  tokens renewed: ${refreshes}`,
      ),
    );
    await sleep(clock, requestEveryMs, signal);
  }
  done(`${asked} requests of the official SDK over ${refreshes} expiries`, 'none was refused');

  await gateway.kill('SIGKILL');
  done('The gateway was killed (SIGKILL)');
  gateway = start(installation.main, 'gateway', 'run', '--port', '0', '--json');
  url = await gateway.line('stdout', (value) =>
    typeof value['url'] === 'string' ? value['url'] : undefined,
  );
  await ask('hello after the kill', true);
  const after = await readStatus(openclaw);
  done('A new gateway serves with the same login', describe(after));

  const end = await state();
  check(
    (end.counters['deviceRequests'] ?? 0) === 1,
    `the person was asked ${end.counters['deviceRequests']} times`,
  );
  check((end.counters['refreshReuses'] ?? 0) === 0, 'a refresh token was used twice');
  check(end.violations.length === 0, `the portal complains: ${JSON.stringify(end.violations).slice(0, 600)}`);
  done(
    'The portal has nothing to complain about',
    `${end.counters['refreshes']} refreshes, 1 approval, 0 reuses`,
  );

  const issued = JSON.stringify(await (await fetch(`${controlUrl}/issued-tokens`)).json());
  const tokens = issued.match(/sim-[ar]t-[\w-]+/g) ?? [];
  const files = await filesHolding(stateDir, tokens);
  check(tokens.length > 2 && files.length === 0, `tokens lie in plain text in: ${files.join(', ')}`);
  done('No token lies in plain text on disk', `${tokens.length} tokens looked for`);

  await gateway.kill('SIGTERM');
}

type Status = { state: string; lastRefresh: { outcome: string } | null; storage: string };

async function readStatus(
  openclaw: (...args: string[]) => Promise<Record<string, unknown>>,
): Promise<Status> {
  const status = (await openclaw('auth', 'status'))['profiles'] as Status[];
  const profile = status[0];
  if (profile === undefined)
    throw new OpenClawError({ code: 'DEMO_FAILED', message: 'auth status shows no login.' });
  check(['ok', 'refreshing', 'expired'].includes(profile.state), `auth status says ${profile.state}`);
  return profile;
}

function describe(status: Status): string {
  return `${status.state}, last refresh: ${status.lastRefresh?.outcome ?? 'none yet'}, kept: ${status.storage}`;
}

async function filesHolding(folder: string, tokens: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const content = await readFile(join(entry.parentPath, entry.name));
    if (tokens.some((token) => content.includes(token))) found.push(entry.name);
  }
  return found;
}

function check(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new OpenClawError({ code: 'DEMO_FAILED', message: `The demo stops: ${otherwise}.` });
}
