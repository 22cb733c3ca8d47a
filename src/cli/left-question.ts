// What it means when a question gets no answer, once everything that matters is done: a person who cancels wants to stop
// here, a terminal that has gone wants nothing.
import { isOpenClawError } from '../errors.ts';

/** `otherwise` where nobody can answer any more. Rejects with INTERRUPTED when the person cancels, or is stopped by a signal. */
export async function orLeftOpen<T>(question: Promise<T>, otherwise: T, signal: AbortSignal): Promise<T> {
  try {
    return await question;
  } catch (error) {
    if (isOpenClawError(error) && error.code === 'INTERRUPTED' && isUnattended(signal)) return otherwise;
    throw error;
  }
}

function isUnattended(signal: AbortSignal): boolean {
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  return isOpenClawError(reason) && reason.data['unattended'] === true;
}
