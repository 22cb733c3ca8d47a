// Tells systemd that the gateway is ready, and which process it is. The message goes over a datagram socket of the Unix
// kind, which Node has not; systemd brings a program that sends it, and waits until it was read.
import { spawn } from 'node:child_process';
import type { Env } from '../platform/env.ts';
import type { Log } from '../platform/log.ts';
import { plainEnvironment } from '../platform/plain-environment.ts';

const timeoutMs = 10_000;

/** Whether the service manager knows now. False at once where none asked to be told. */
export async function notifyReady(env: Env, log: Log, pid: number, status: string): Promise<boolean> {
  if ((env['NOTIFY_SOCKET'] ?? '') === '') return false;
  const failure = await send(env, ['--ready', `MAINPID=${pid}`, `STATUS=${status}`]);
  if (failure !== undefined) log.warn('service_not_notified', { reason: failure });
  return failure === undefined;
}

function send(env: Env, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn('systemd-notify', args, {
      env: plainEnvironment(env),
      stdio: 'ignore',
      timeout: timeoutMs,
    });
    child.once('error', (error) => resolve(`systemd-notify cannot be started (${error.message})`));
    child.once('close', (code) =>
      resolve(code === 0 ? undefined : `systemd-notify ended with ${code ?? 'a signal'}`),
    );
  });
}
