// What is not known of a stored refresh token: whether it has been used up without anybody having its successor, and by
// what. Decides the sentence that a dead login gets, and what a failure leaves on record for the next attempt.
import type { OpenClawError } from '../errors.ts';
import type { ProfileRecord } from '../store/credential-store.ts';

/** Parts of `lastRefresh.reason`, which is where a doubt outlives the attempt that could not settle it. */
const cutOff = 'An earlier refresh was cut off';
const nothingSent = 'Nothing was sent.';

type Doubt = 'cut off' | 'unanswered';

function doubtOf({ intent, lastRefresh }: ProfileRecord): Doubt | undefined {
  if (intent !== undefined) return 'cut off';
  if (lastRefresh?.outcome !== 'transient') return undefined;
  if (lastRefresh.reason?.includes(cutOff) === true) return 'cut off';
  return lastRefresh.reason?.includes(nothingSent) === true ? undefined : 'unanswered';
}

/** Why the server calls this login dead, as far as its record tells; `record` is from before the attempt. */
export function likelyCause(record: ProfileRecord): string | undefined {
  if (record.restored !== undefined) return `${describeOlderCopy(record)}; that is the likely cause.`;
  switch (doubtOf(record)) {
    case 'cut off':
      return `${cutOff}; a crash between the server's answer and its saving is the likely cause.`;
    case 'unanswered':
      return 'An earlier refresh got no usable answer, and may have used the token up; that is the likely cause.';
    default:
      return undefined;
  }
}

/** The reason to record for a failure that may pass: the doubt lives on until the server gives a definite answer. */
export function reasonToRecord(record: ProfileRecord, error: OpenClawError): string {
  const doubt = doubtOf(record);
  if (doubt === 'cut off') return `${error.message} ${cutOff}.`;
  return doubt === undefined && wasUnsent(error) ? `${error.message} ${nothingSent}` : error.message;
}

/** Without a full stop. */
export function describeOlderCopy({ generation, restored }: ProfileRecord): string {
  const newest = restored?.newestGeneration ?? generation;
  return `The store was restored from an older copy (generation ${generation} of ${newest}), and its refresh token may have been used already`;
}

/** Failures of this side, before a request could leave it, and those that the provider says never left. */
function wasUnsent({ code, data }: OpenClawError): boolean {
  return data['sent'] === false || code === 'PLUGIN_DISABLED' || code === 'URL_REFUSED';
}
