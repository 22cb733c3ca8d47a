// Takes the picture of a session for the documentation, docs/images/session.svg: the real program in a real terminal (tmux),
// against the portal simulator, its real colours. Linux only. It runs in namespaces of its own, so that nothing but loopback
// is there, the usual port is free and the home folder is called /home/you.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeSimulator } from '../extensions/minimax-portal-auth/simulator/command-line.ts';
import { createSimulator } from '../extensions/minimax-portal-auth/simulator/simulator.ts';
import { textWidth } from '../src/cli/ui/text-width.ts';
import { openPane } from './session-picture/pane.ts';
import { drawScreen } from './session-picture/screen-svg.ts';
import { readScreen } from './session-picture/screen-text.ts';

const columns = 104;
const rows = 70;
const home = '/home/you';

const commands = [
  'openclaw onboard --auth-choice minimax-portal --region global',
  'openclaw auth status --usage',
  [
    'curl -s http://127.0.0.1:18789/v1/messages -H "x-api-key: $(openclaw gateway token)" \\',
    `  -H 'content-type: application/json' \\`,
    `  -d '{"model":"default","max_tokens":100,"messages":[{"role":"user","content":"Hello"}]}'; echo`,
  ].join('\n'),
];

const insideFlag = '--inside';
const repo = join(import.meta.dirname, '..');

/** Runs this file again where `/home` is empty but for the one who is pictured; what lay there is at `<folder>/home`. */
function goInside(): number {
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-picture-'));
  const there = (path: string): string => (path.startsWith('/home/') ? join(folder, path) : path);
  mkdirSync(join(folder, 'home'));
  const prepare = [
    'ip link set lo up',
    'mount --rbind /home "$0/home"',
    'mount -t tmpfs -o mode=755 tmpfs /home',
    `mkdir ${home}`,
    'exec "$@"',
  ].join(' && ');
  const spaces = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const program = [there(process.execPath), there(import.meta.filename), insideFlag];
  try {
    const { status, error } = spawnSync(
      'unshare',
      [...spaces, ...asRoot, 'sh', '-c', prepare, folder, ...program],
      { stdio: 'inherit', cwd: '/', timeout: 180_000, killSignal: 'SIGKILL' },
    );
    if (error !== undefined) throw error;
    return status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function takePicture(): Promise<string> {
  const stateDir = join(home, '.openclaw');
  const bin = join(home, '.local', 'bin');
  mkdirSync(stateDir, { mode: 0o700 });
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(home, '.openclaw-key'), randomBytes(32).toString('hex'), { mode: 0o600 });
  const main = join(repo, 'dist', 'main.js');
  chmodSync(main, 0o755);
  symlinkSync(main, join(bin, 'openclaw'));

  const portal = createSimulator({ autoApproveMs: 4_000, pollIntervalMs: 1_000 });
  const addresses = await portal.start();
  const { config } = JSON.parse(describeSimulator('global', addresses)) as { config: unknown };
  writeFileSync(join(stateDir, 'openclaw.json'), JSON.stringify(config));

  const prompt = '$ ';
  const pane = await openPane({
    socket: join(home, '.tmux'),
    columns,
    rows,
    folder: home,
    prompt,
    env: {
      HOME: home,
      PATH: [bin, dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
      TERM: 'tmux-256color',
      LANG: 'C.UTF-8',
      PS1: `\\[\\e[1;32m\\]${prompt}\\[\\e[0m\\]`,
      OPENCLAW_AUTH_KEY_FILE: join(home, '.openclaw-key'),
    },
  });
  try {
    for (const command of commands) await pane.run(command);
    const lines = readScreen(pane.capture(), textWidth);
    // The prompt that waits for the next command.
    return drawScreen({
      title: 'A session in a terminal',
      columns,
      lines: lines.slice(0, -1),
      widthOf: textWidth,
    });
  } finally {
    await pane.run('openclaw gateway stop');
    pane.close();
    await portal.stop();
  }
}

if (process.argv.includes(insideFlag)) {
  const path = join(repo, 'docs/images/session.svg');
  writeFileSync(path, await takePicture());
  process.stdout.write(`${path}\n`);
} else {
  const build = spawnSync(process.execPath, [join(repo, 'scripts/build.ts')], { stdio: 'inherit' });
  process.exitCode = build.status === 0 ? goInside() : 1;
}
