// Every byte that a process and its children write, and how children are started, seen by strace (Debian package
// strace). Decides what of that counts as seen by others: files, pipes, terminals, standard streams, arguments and
// environments do; sockets (the server, D-Bus, the keychain's helper) do not.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from './temp-folder.ts';

export type TracedWrite = { what: string; bytes: Buffer };

export type Trace = {
  /** To be put before the program and its arguments. */
  readonly under: readonly string[];
  /** After the process has ended. The program's own start is left out: a test chose what was in it. */
  writes(): TracedWrite[];
};

const calls = 'execve,execveat,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg';

/** Why nothing can be traced here, or undefined. */
export function tracingTrouble(): { missing: boolean; reason: string } | undefined {
  try {
    execFileSync('strace', ['-f', '--seccomp-bpf', '-e', 'trace=execve', '-o', '/dev/null', 'true'], {
      stdio: 'ignore',
    });
    return undefined;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return {
      missing,
      reason: missing ? 'needs Debian packages strace' : 'strace may not trace processes here',
    };
  }
}

export function createTrace(): Trace {
  const file = join(tempFolder(), 'trace');
  return {
    // -D: the program stays this process's own child, and gets its signals. -xx: strings in hexadecimal, so that the
    // trace itself holds nothing that the sweep of its folder would find.
    under: ['strace', '-D', '-f', '-qq', '-v', '-yy', '--seccomp-bpf', '-s', '67108864', '-xx'].concat(
      '-e',
      `trace=${calls}`,
      '-e',
      'signal=none',
      '-o',
      file,
    ),
    writes: () => readTrace(readFileSync(file, 'latin1')),
  };
}

function readTrace(text: string): TracedWrite[] {
  const found: TracedWrite[] = [];
  const helpers = new Set<string>();
  let isOwnStart = true;
  for (const line of text.split('\n')) {
    const [, pid = '', call = '', rest = ''] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? [];
    if (call === '') continue;
    const bytes = Buffer.concat(stringsIn(rest));
    if (call.startsWith('execve')) {
      if (bytes.includes('keychain-child')) helpers.add(pid);
      if (!isOwnStart)
        found.push({ what: `the start of a child (${bytes.subarray(0, 40).toString('latin1')}…)`, bytes });
      isOwnStart = false;
      continue;
    }
    const descriptor = /^(\d+)<((?:[^>]|->)*)>/.exec(rest);
    const number = descriptor?.[1] ?? '';
    const target = decode(descriptor?.[2] ?? '').toString('latin1');
    const isStandard = number === '1' || number === '2';
    const isAnswerOfHelper = number === '1' && helpers.has(pid);
    if (isAnswerOfHelper || (!isStandard && /^(?:TCP|TCPv6|UDP|UNIX|NETLINK|socket)/.test(target))) continue;
    found.push({ what: `descriptor ${number} (${target})`, bytes });
  }
  return found;
}

/** The contents of all string literals, in order; they are in hexadecimal, so there is no quote within one. */
function stringsIn(text: string): Buffer[] {
  return [...text.matchAll(/"([^"]*)"/g)].map((match) => decode(match[1] ?? ''));
}

/** `\x41\x42` as bytes. What strace writes by itself (`<UNIX-STREAM:…`) stays as it is. */
function decode(text: string): Buffer {
  return text.startsWith('\\x') ? Buffer.from(text.replaceAll('\\x', ''), 'hex') : Buffer.from(text);
}
