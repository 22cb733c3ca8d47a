// The Keychain port over a short-lived helper process: a native keychain call can hang for good and cannot be cancelled
// within a process, so each call gets a process and a deadline, after which that process is killed.
// A killed, crashed or garbled helper is a failure of the call, never the absence of an item.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Env } from '../platform/env.ts';
import { keychainService } from '../platform/keychain.ts';
import type { Keychain } from '../platform/keychain.ts';
import type { Random } from '../platform/random.ts';
import type { KeychainAnswer, KeychainRequest } from './keychain-child.ts';
import { keychainError, keychainErrorCode } from './keychain-failure.ts';

export type ChildKeychainDeps = {
  readonly env: Env;
  readonly clock: Clock;
  readonly random: Random;
  /** How long a whole call may take. A person who was told to unlock the keychain deserves more. */
  readonly deadlineMs?: number;
  /** The helper's file; from source a neighbour of this one. A bundle says where it put it. */
  readonly childUrl?: URL;
  /** Which add-on the helper loads. */
  readonly driver?: string;
};

/** All that a keychain client reads. Anything else stays out: NODE_OPTIONS could load code beside the key. */
const passedOn: ReadonlySet<string> = new Set(
  (
    'PATH HOME USER LOGNAME LANG LC_ALL LC_CTYPE TMPDIR DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR XDG_DATA_HOME ' +
    'XDG_CONFIG_HOME XDG_CACHE_HOME XDG_SESSION_ID XDG_CURRENT_DESKTOP DISPLAY WAYLAND_DISPLAY XAUTHORITY ' +
    'GNOME_KEYRING_CONTROL __CF_USER_TEXT_ENCODING ' +
    'SYSTEMROOT WINDIR SYSTEMDRIVE USERNAME USERDOMAIN USERPROFILE APPDATA LOCALAPPDATA TEMP TMP'
  ).split(' '),
);

const defaultDeadlineMs = 3_000;
/** An answer holds one key; more than this is not an answer. */
const longestAnswer = 64 * 1024;

export function createChildKeychain(deps: ChildKeychainDeps): Keychain {
  const { clock, deadlineMs = defaultDeadlineMs, driver = 'napi-keyring' } = deps;
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const childUrl = deps.childUrl ?? new URL(`./keychain-child.${extension}`, import.meta.url);
  const env = Object.fromEntries(
    Object.entries(deps.env).filter(
      ([name, value]) => value !== undefined && passedOn.has(name.toUpperCase()),
    ),
  );

  const call = async (
    request: Pick<KeychainRequest, 'op' | 'account' | 'value'>,
  ): Promise<Extract<KeychainAnswer, { ok: true }>> => {
    const answer = await ask({ driver, service: keychainService, deadlineMs, ...request });
    if (answer.ok) return answer;
    // What the add-on says should hold no secret; it is made sure of.
    const said =
      request.value === undefined ? answer.message : answer.message.replaceAll(request.value, '[redacted]');
    if (answer.stage === 'call') throw keychainError(keychainErrorCode(said), said);
    const detail =
      answer.stage === 'add-on'
        ? `its add-on (${driver}) could not be loaded: ${said.split('\n', 1)[0]}`
        : said;
    throw keychainError('KEYCHAIN_UNAVAILABLE', detail);
  };

  const ask = (request: KeychainRequest): Promise<KeychainAnswer> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [fileURLToPath(childUrl)], {
        env,
        stdio: ['pipe', 'pipe', 'ignore'],
        windowsHide: true,
      });
      let output = '';
      let spawnError: Error | undefined;
      let isLate = false;
      const cancelDeadline = clock.setTimer(() => {
        isLate = true;
        child.kill('SIGKILL');
      }, deadlineMs);

      child.stdout.setEncoding('utf8');
      child.stdout.on('data', (text: string) => {
        output += text;
        if (output.length > longestAnswer) child.kill('SIGKILL');
      });
      // A helper that dies early closes its end; why it died is told by its exit.
      child.stdin.on('error', () => {});
      child.on('error', (error) => {
        spawnError = error;
      });
      child.on('close', (exitCode, signal) => {
        cancelDeadline();
        const answer = parseAnswer(output);
        if (answer !== undefined) resolve(answer);
        else if (isLate) reject(silence(deadlineMs));
        else reject(crash(spawnError?.message ?? `it ended with ${signal ?? `exit code ${exitCode}`}`));
      });
      // Left open: the helper takes the end of stdin for the death of this process.
      child.stdin.write(`${JSON.stringify(request)}\n`);
    });

  return {
    async get(account) {
      return (await call({ op: 'get', account })).value;
    },
    async set(account, value) {
      await call({ op: 'set', account, value });
    },
    async delete(account) {
      return (await call({ op: 'delete', account })).deleted ?? false;
    },
    async probe() {
      const name = deps.random.uuid();
      await call({ op: 'probe', account: `probe-${name}`, value: name });
    },
  };
}

function parseAnswer(output: string): KeychainAnswer | undefined {
  try {
    const answer = JSON.parse(output) as KeychainAnswer | null;
    return typeof answer?.ok === 'boolean' ? answer : undefined;
  } catch {
    // Cut short or not JSON: the caller reports how the helper ended.
    return undefined;
  }
}

function silence(deadlineMs: number): OpenClawError {
  return keychainError('KEYCHAIN_LOCKED', `no answer within ${deadlineMs / 1_000} s`);
}

function crash(detail: string): OpenClawError {
  return keychainError('KEYCHAIN_UNAVAILABLE', `its helper process gave no answer, ${detail}`);
}
