// The simulator as a program: one line of JSON, exit codes, signals, and its independence from everything else.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { parseCommand, parseDuration } from '../../extensions/minimax-portal-auth/simulator/command-line.ts';
import { call } from '../support/portal-caller.ts';

const folder = new URL('../../extensions/minimax-portal-auth/simulator/', import.meta.url);

interface Program {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly firstLine: Promise<string>;
  readonly ended: Promise<number | null>;
  stop(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void;
}

let running: Program[] = [];
afterEach(async () => {
  for (const program of running) program.stop('SIGKILL');
  await Promise.all(running.map((program) => program.ended));
  running = [];
});

function run(...flags: string[]): Program {
  const main = new URL('main.ts', folder).pathname;
  const child = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.includes('\n')) resolve(stdout.split('\n', 1)[0] ?? '');
    });
    child.once('close', () => reject(new Error(`ended without a line: ${stderr}`)));
  });
  firstLine.catch(() => undefined);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const program: Program = {
    stdout: () => stdout,
    stderr: () => stderr,
    firstLine,
    ended: once(child, 'close').then(([code]: unknown[]) => (typeof code === 'number' ? code : null)),
    stop: (signal) => child.kill(signal),
  };
  running.push(program);
  return program;
}

describe('the program', () => {
  it.each([['SIGTERM'], ['SIGINT']] as const)(
    'says where it listens, once, and ends on %s',
    async (signal) => {
      const program = run('--port', '0', '--region', 'cn', '--auto-approve', '0s', '--access-ttl', '20s');
      const line: unknown = JSON.parse(await program.firstLine);
      const { accountUrl, apiUrl } = line as { accountUrl: string; apiUrl: string };
      expect(line).toEqual({
        url: accountUrl,
        region: 'cn',
        accountUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        apiUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        controlUrl: `${accountUrl}/__control`,
        config: {
          plugins: {
            entries: {
              'minimax-portal-auth': {
                enabled: true,
                config: {
                  allowLoopbackHttp: true,
                  regions: { cn: { accountUrl, apiUrl, authorizationUrl: `${accountUrl}/oauth2/authorize` } },
                },
              },
            },
          },
        },
      });
      expect(apiUrl).not.toBe(accountUrl);
      const settings = (await call(`${accountUrl}/__control/settings`)).json;
      expect(settings).toMatchObject({ accessTtlMs: 20_000, autoApproveMs: 0, codeTtlMs: 300_000 });
      program.stop(signal);
      expect(await program.ended).toBe(0);
      expect(program.stdout().trimEnd().split('\n')).toHaveLength(1);
      expect(program.stderr()).toBe('');
    },
  );

  it('takes the port it is given, and says so when it cannot', async () => {
    const first = run();
    const { accountUrl } = JSON.parse(await first.firstLine) as { accountUrl: string };
    const second = run('--port', new URL(accountUrl).port);
    expect(await second.ended).toBe(1);
    expect(second.stderr()).toMatch(/^simulator: .*EADDRINUSE.*\n$/);
    expect(second.stdout()).toBe('');
  });

  it('has help, and one line for a wrong flag', async () => {
    const [help, wrong] = [run('--help'), run('--colour', 'red')];
    expect(await help.ended).toBe(0);
    expect(help.stdout()).toContain('--access-ttl');
    expect(await wrong.ended).toBe(2);
    expect(wrong.stderr()).toBe("simulator: Unknown option '--colour'\n");
    expect(wrong.stdout()).toBe('');
  });
});

describe('flags', () => {
  it.each([
    ['500ms', 500],
    ['20s', 20_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['0s', 0],
  ])('%s is %i ms', (text, durationMs) => {
    expect(parseDuration('access-ttl', text)).toBe(durationMs);
  });

  it.each([
    [['--access-ttl', '20'], '--access-ttl takes a time'],
    [['--access-ttl', '0s'], '--access-ttl must be longer than nothing'],
    [['--code-ttl', '1.5h'], '--code-ttl takes a time'],
    [['--auto-approve', '-1s'], 'auto-approve'],
    [['--code-ttl', '999999999h'], '--code-ttl takes a time'],
    [['--port', '65536'], '--port takes a port'],
    [['--api-port', 'x'], '--api-port takes a port'],
    [['--region', 'eu'], '--region takes global or cn, not "eu"'],
    [['--legacy', 'maybe'], '--legacy takes redirect or serve'],
    [['--port'], '--port'],
    [['hello'], 'hello'],
  ])('%j are refused in one line', (argv, text) => {
    const refusal = (): unknown => parseCommand(argv);
    expect(refusal).toThrow(text);
    expect(refusal).toThrow(expect.objectContaining({ name: 'UsageError' }));
    expect(refusal).not.toThrow('\n');
  });
});

it('imports nothing but its own folder, Node and zod', async () => {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts'));
  expect(names.length).toBeGreaterThan(20);
  const sources = await Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')));
  const imported = sources.flatMap((source) =>
    [...source.matchAll(/^import[^;]*?'([^']+)';/gm)].map((match) => match[1] ?? ''),
  );
  const strange = imported.filter((name) => !/^(\.\/[\w-]+\.ts|node:[\w/]+|zod)$/.test(name));
  expect(imported.length).toBeGreaterThan(50);
  expect(strange).toEqual([]);
});
