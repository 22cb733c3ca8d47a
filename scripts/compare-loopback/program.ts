// A program under comparison as a process: an environment of its own, the authorization URL out of what it prints, and
// an end by its process id.
import { spawn } from 'node:child_process';

export type Program = {
  readonly pid: number;
  readonly authorizationUrl: URL;
  isRunning(): boolean;
  output(): string;
  stop(): Promise<void>;
};

const startTimeoutMs = 20_000;

/** Resolves when a URL with a `redirect_uri` was printed; rejects with the output when none came within 20 s. */
export async function startProgram(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Program> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let isRunning = true;
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      isRunning = false;
      resolve();
    };
    child.once('close', end);
    child.once('error', (error) => {
      output += error.message;
      end();
    });
  });
  const stop = async (): Promise<void> => {
    if (isRunning) child.kill('SIGKILL');
    await ended;
  };
  const authorizationUrl = await new Promise<URL>((resolve, reject) => {
    const giveUp = setTimeout(() => fail('printed no authorization URL in time'), startTimeoutMs);
    const fail = (what: string): void => {
      clearTimeout(giveUp);
      void stop().then(() => reject(new Error(`${command} ${what}:\n${output.slice(-2_000)}`)));
    };
    const read = (text: string): void => {
      output += text;
      const found = findAuthorizationUrl(output);
      if (found === undefined) return;
      clearTimeout(giveUp);
      resolve(found);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    void ended.then(() => fail('ended before it printed an authorization URL'));
  });
  return {
    pid: child.pid ?? 0,
    authorizationUrl,
    isRunning: () => isRunning,
    output: () => output.slice(-2_000),
    stop,
  };
}

/** The first whole URL, its line ended, that asks for a redirect. */
export function findAuthorizationUrl(text: string): URL | undefined {
  for (const [, address] of text.matchAll(/(https?:\/\/[^\s"']+)(?=[\s"'])/g)) {
    const url = URL.parse(address ?? '');
    if (url?.searchParams.has('redirect_uri') === true) return url;
  }
  return undefined;
}
