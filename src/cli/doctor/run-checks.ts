// Runs all checks side by side, each with a deadline. One that throws, or does not answer, is itself a finding.
import { OpenClawError, isOpenClawError } from '../../errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { capital } from '../ui/sentence.ts';
import type { Check, DoctorPorts } from './check.ts';
import { findingOf, type Finding } from './finding.ts';

const usualDeadlineMs = 3_500;

export type Progress = { done: number; of: number; waitingFor: readonly string[] };

/** In the order of the checks. Rejects with the reason of `ports.signal` when that aborts. */
export async function runChecks(
  checks: readonly Check[],
  ports: DoctorPorts,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<Finding[]> {
  const waiting = new Set(checks.map(({ name }) => name));
  const tell = (): void =>
    onProgress({ done: checks.length - waiting.size, of: checks.length, waitingFor: [...waiting] });
  tell();
  /** Those that the store has stopped, and what it said, which its own check tells. */
  const stopped: { name: string; said: string }[] = [];
  const answers = checks.map(async (check) => {
    try {
      return await answerOf(check, ports);
    } catch (error) {
      ports.signal.throwIfAborted();
      if (!isStoreTrouble(error)) return [failureOf(check, error)];
      stopped.push({ name: check.name, said: error.message });
      return [];
    } finally {
      waiting.delete(check.name);
      tell();
    }
  });
  const findings = (await Promise.all(answers)).flat();
  const [first] = stopped;
  if (first === undefined) return findings;
  const isTold = findings.some(({ severity, text }) => severity !== 'ok' && text.startsWith(first.said));
  const names = checks
    .map(({ name }) => name)
    .filter((name) => stopped.some((each) => each.name === name))
    .join(', ');
  const why = isTold ? 'the store cannot be used' : first.said;
  return [...findings, { id: 'doctor.check', severity: 'info', text: `Not checked: ${names}: ${why}.` }];
}

function isStoreTrouble(error: unknown): error is OpenClawError {
  return isOpenClawError(error) && error.code.startsWith('STORE_');
}

async function answerOf(check: Check, ports: DoctorPorts): Promise<readonly Finding[]> {
  // Not at once: one that works without waiting would hold up the start of all others.
  const answer = Promise.resolve().then(() => check.run(ports));
  return within(ports.clock, ports.signal, check.deadlineMs ?? usualDeadlineMs, answer);
}

function failureOf({ name }: Check, error: unknown): Finding {
  const finding = findingOf('doctor.check', error, 'warning');
  return { ...finding, text: `${capital(name)} could not be checked. ${finding.text}` };
}

function within<T>(clock: Clock, signal: AbortSignal, deadlineMs: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => settle(() => reject(signal.reason as Error));
    const settle = (then: () => void): void => {
      cancel();
      signal.removeEventListener('abort', onAbort);
      then();
    };
    const cancel = clock.setTimer(() => settle(() => reject(late(deadlineMs))), deadlineMs);
    signal.addEventListener('abort', onAbort, { once: true });
    answer.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}

function late(deadlineMs: number): OpenClawError {
  return new OpenClawError({
    code: 'INTERNAL',
    message: `There was no answer within ${deadlineMs / 1_000} s.`,
    remedy: 'Run it again: `openclaw doctor`. If it stays so, the disk or a plugin is very slow.',
  });
}
