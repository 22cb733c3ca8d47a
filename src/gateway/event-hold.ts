// Holds back what has begun of an event until its end is there, so that a stream that breaks off can be ended between
// two events. No client can use half of an event, so that nothing comes later than it could be read.
import { lastEventEnd } from '../wire/event-border.ts';
import type { StreamRule } from '../wire/protocol.ts';

export type EventHold = {
  /** What may be passed on now that this has come. */
  take(chunk: Buffer): Buffer | undefined;
  /** What was still held back at the end of the stream. */
  rest(): Buffer | undefined;
  /** What must come before an event of the gateway's own. */
  closing(): string;
  /** That of the last event that was passed on, -1 without one. */
  eventNumber(): number;
};

/** A longer event is begun before its end is there. */
const maxWaitingBytes = 16 * 1024;

export function createEventHold({ lastNumber }: StreamRule): EventHold {
  let waiting: Buffer | undefined;
  /** The beginning of an event was passed on, and not its end. */
  let withinEvent = false;
  let eventNumber = -1;

  const passed = (part: Buffer): Buffer => {
    if (lastNumber !== undefined) eventNumber = lastNumber(part, eventNumber);
    return part;
  };

  return {
    take(chunk) {
      const all = waiting === undefined ? chunk : Buffer.concat([waiting, chunk]);
      const end = lastEventEnd(all);
      if (end > 0) withinEvent = false;
      if (all.length - end > maxWaitingBytes) withinEvent = true;
      if (end === all.length || withinEvent) {
        waiting = undefined;
        return passed(all);
      }
      waiting = all.subarray(end);
      return end === 0 ? undefined : passed(all.subarray(0, end));
    },
    rest: () => waiting,
    closing: () => (withinEvent ? '\n\n' : ''),
    eventNumber: () => eventNumber,
  };
}
