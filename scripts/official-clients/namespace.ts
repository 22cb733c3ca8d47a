// Runs a program where nothing but loopback is: its own network, its own processes, and a name service of our own, so that
// what a client would have asked of the internet is known by name. Linux only.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const timeoutMs = 240_000;

/** The exit code. `folder` is for what the namespace needs, and is left to its owner to remove. */
export function runInNamespace(folder: string, command: readonly string[]): number {
  const resolvConf = join(folder, 'resolv.conf');
  writeFileSync(resolvConf, 'nameserver 127.0.0.1\noptions timeout:2 attempts:1\n', { mode: 0o644 });
  const inner = 'ip link set lo up && mount --bind "$0" /etc/resolv.conf && exec "$@"';
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const spaces = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const { status, error } = spawnSync(
    'unshare',
    [...asRoot, ...spaces, 'sh', '-c', inner, resolvConf, ...command],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    },
  );
  if (error !== undefined) process.stderr.write(`official-clients: ${error.message}\n`);
  return status ?? 1;
}
