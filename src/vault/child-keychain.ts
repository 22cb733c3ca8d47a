// The Keychain port over a short-lived helper process: a native keychain call can hang for good and cannot be cancelled
// within a process, so each call gets a process and a deadline, after which that process is killed.
// A person who is being asked for the keychain's password is given longer, and told so.
// A killed, crashed or garbled helper is a failure of the call, never the absence of an item.
import { fileURLToPath } from 'node:url';
import { OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Env } from '../platform/env.ts';
import { keychainService } from '../platform/keychain.ts';
import type { Keychain } from '../platform/keychain.ts';
import type { Random } from '../platform/random.ts';
import type { KeychainAnswer, KeychainProgress, KeychainRequest } from './keychain-child.ts';
import type { KeychainDriverName } from './keychain-driver.ts';
import { keychainError, keychainErrorCode, keychainTrouble } from './keychain-failure.ts';

export type ChildKeychainDeps = {
  readonly env: Env;
  readonly clock: Clock;
  readonly random: Random;
  /** How long a whole call may take, unless a person is asked. */
  readonly deadlineMs?: number;
  /** Somebody who sees the keychain's prompt; without, nobody is waited for. */
  readonly person?: KeychainPerson | undefined;
  /** For whoever only looks: a locked one is not unlocked, where its service leaves the choice. */
  readonly isQuiet?: boolean;
  /** The helper's file; from source a neighbour of this one. A bundle says where it put it. */
  readonly childUrl?: URL | undefined;
  /** Which add-on the helper loads. */
  readonly driver?: KeychainDriverName;
};

export type KeychainPerson = {
  /** Counted from the moment at which the keychain asks. */
  readonly waitMs: number;
  /** Called once per call, when the answer does not come at once. */
  tell(): void;
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

/** With what it takes to start the helper and to end it, every answer is there within three seconds. */
const defaultDeadlineMs = 2_800;
/** A prompt that cannot be shown is over sooner than this: nobody is told of it. */
const promptShownMs = 1_000;
/** An answer holds one key; more than this is not an answer. */
const longestAnswer = 64 * 1024;

export function createChildKeychain(deps: ChildKeychainDeps): Keychain {
  const { clock, deadlineMs = defaultDeadlineMs, driver = 'napi-keyring', person } = deps;
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
    checkText(request);
    const answer = await ask({
      driver,
      service: keychainService,
      deadlineMs: deadlineMs + (person?.waitMs ?? 0),
      ...(deps.isQuiet === true ? { isQuiet: true } : {}),
      ...request,
    });
    if (answer.ok) return answer;
    // What the add-on says should hold no secret; it is made sure of.
    const said =
      request.value === undefined ? answer.message : answer.message.replaceAll(request.value, '[redacted]');
    if (answer.stage === 'call') throw keychainError(keychainErrorCode(said), said);
    const detail =
      answer.stage === 'add-on-missing'
        ? `its add-on (${driver}) could not be loaded: ${said.split('\n', 1)[0]}`
        : said;
    throw keychainTrouble(answer.stage, detail, answer.needs ?? driver);
  };

  const ask = async (request: KeychainRequest): Promise<KeychainAnswer> => {
    // Most commands ask no keychain, and loading this costs them some milliseconds.
    const { spawn } = await import('node:child_process');
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [fileURLToPath(childUrl)], {
        env,
        stdio: ['pipe', 'pipe', 'ignore'],
        windowsHide: true,
      });
      let output = '';
      let spawnError: Error | undefined;
      let waitingFor: KeychainProgress['waitingFor'] | undefined;
      let lateAfterMs: number | undefined;
      let cancelDeadline = (): void => {};
      let cancelTelling = (): void => {};
      const setDeadline = (afterMs: number): void => {
        cancelDeadline();
        cancelDeadline = clock.setTimer(() => {
          lateAfterMs = afterMs;
          child.kill('SIGKILL');
        }, afterMs);
      };
      const onProgress = (progress: KeychainProgress): void => {
        cancelTelling();
        if (progress.waitingFor === 'person' && waitingFor !== 'person' && person !== undefined) {
          setDeadline(person.waitMs);
          cancelTelling = clock.setTimer(() => person.tell(), promptShownMs);
        }
        // Whoever has answered has opened the keychain: the rest is the service's own time again.
        if (progress.waitingFor === 'service' && waitingFor === 'person') setDeadline(deadlineMs);
        waitingFor = progress.waitingFor;
      };
      setDeadline(deadlineMs);

      child.stdout.setEncoding('utf8');
      child.stdout.on('data', (text: string) => {
        output += text;
        if (output.length > longestAnswer) child.kill('SIGKILL');
        for (let end = output.indexOf('\n'); end !== -1; end = output.indexOf('\n')) {
          const progress = parseProgress(output.slice(0, end));
          output = output.slice(end + 1);
          if (progress !== undefined) onProgress(progress);
        }
      });
      // A helper that dies early closes its end; why it died is told by its exit.
      child.stdin.on('error', () => {});
      child.on('error', (error) => {
        spawnError = error;
      });
      child.on('close', (exitCode, signal) => {
        cancelDeadline();
        cancelTelling();
        const answer = parseAnswer(output);
        if (answer !== undefined) resolve(answer);
        else if (lateAfterMs !== undefined) reject(silence(waitingFor, lateAfterMs, driver));
        // A terminal's Ctrl-C and a service manager's stop reach the helper as well, and end it first.
        else if (signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP')
          reject(interrupted(signal));
        else reject(crash(spawnError?.message ?? `it ended with ${signal ?? `exit code ${exitCode}`}`));
      });
      // Left open: the helper takes the end of stdin for the death of this process.
      child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  };

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

/** The one driver cuts at NUL, the other refuses what is empty: neither gets there. */
function checkText({ account, value }: Pick<KeychainRequest, 'account' | 'value'>): void {
  for (const text of value === undefined ? [account] : [account, value]) {
    if (text !== '' && !text.includes('\0')) continue;
    throw new OpenClawError({ code: 'INTERNAL', message: 'No keychain holds an empty text or one with NUL' });
  }
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

function parseProgress(line: string): KeychainProgress | undefined {
  try {
    const progress = JSON.parse(line) as Partial<KeychainProgress> | null;
    const { waitingFor } = progress ?? {};
    return waitingFor === 'person' || waitingFor === 'service' ? { waitingFor } : undefined;
  } catch {
    // Whatever it says, it is no answer either: the caller reports how the helper ended.
    return undefined;
  }
}

function silence(
  waitingFor: KeychainProgress['waitingFor'] | undefined,
  afterMs: number,
  driver: KeychainDriverName,
): OpenClawError {
  const time = `within ${afterMs / 1_000} s`;
  return waitingFor === 'person'
    ? keychainTrouble('prompt-unanswered', `it asked for its password and got no answer ${time}`, driver)
    : keychainTrouble('silent', `its service gave no answer ${time}`, driver);
}

function interrupted(signal: string): OpenClawError {
  return new OpenClawError({
    code: 'INTERRUPTED',
    message: `Stopped by ${signal} while the OS keychain was asked.`,
  });
}

function crash(detail: string): OpenClawError {
  return keychainError('KEYCHAIN_UNAVAILABLE', `its helper process gave no answer, ${detail}`);
}
