// Writes one upstream answer to one client: chunks that arrive in one turn of the event loop leave as one write, a slow
// client pauses the upstream, and a stream that breaks off ends as the client's protocol says: for some of them no event
// is begun before its end is there.
// Which answers are passed on, and what a break means for the login, is decided elsewhere.
import type { ServerResponse } from 'node:http';
import type { Fault, Protocol } from '../wire/protocol.ts';
import { createEventHold, type EventHold } from './event-hold.ts';
import { isEventStream, type AnswerHead } from './response-headers.ts';

export type Relay = {
  /** True once the client has been sent something of this answer. */
  started(): boolean;
  /** Body bytes taken from the upstream so far. */
  bytes(): number;
  /** `resume` is called when the client has caught up after a `write` that returned false. */
  start(head: AnswerHead, ownHeaders: readonly string[], resume: () => void): void;
  /** Takes back what has not been sent, for another answer in its place. Only before anything was. */
  forget(): void;
  /** False: the client is behind, read no more until `resume`. */
  write(chunk: Buffer): boolean;
  end(): void;
  /** The upstream broke off. An event stream gets one last error event; anything else is cut, so that it shows. */
  cut(fault: Fault): void;
};

/** Runs the given functions once, after the I/O of the present turn of the event loop. */
export type TurnEnd = (run: () => void) => void;

/** One callback of the event loop for all answers of the gateway. */
export function createTurnEnd(): TurnEnd {
  let waiting: (() => void)[] = [];
  const runAll = (): void => {
    const due = waiting;
    waiting = [];
    for (const run of due) run();
  };
  return (run) => {
    if (waiting.push(run) === 1) setImmediate(runAll);
  };
}

/** So much may gather within one turn before it is written anyway. */
const gatherBytes = 256 * 1024;
/** Below this the chunks are copied into one; above, they are written as they are in one system call. */
const copyBytes = 32 * 1024;
/** A whole body up to this size is joined to its header. */
const joinBytes = 16 * 1024;

export function createRelay(
  response: ServerResponse,
  protocol: Protocol,
  requestId: string,
  turnEnd: TurnEnd,
): Relay {
  const { stream } = protocol;
  let head: AnswerHead | undefined;
  let resumeUpstream: (() => void) | undefined;
  let gathered: Buffer[] = [];
  let gatheredBytes = 0;
  let bytes = 0;
  let flushDue = false;
  let started = false;
  let behind = false;
  let listening = false;
  let hold: EventHold | undefined;

  const writeHead = (answer: AnswerHead, wholeLength?: number): void => {
    started = true;
    const { headers } = answer;
    const mayHaveLength = answer.status !== 204 && answer.status !== 304;
    if (wholeLength !== undefined && answer.contentLength === undefined && mayHaveLength) {
      headers.push('content-length', String(wholeLength));
    }
    response.writeHead(answer.status, headers);
  };

  const onDrain = (): void => {
    behind = false;
    resumeUpstream?.();
  };

  const takeGathered = (): Buffer | undefined => {
    const whole = gathered.length > 1 ? Buffer.concat(gathered, gatheredBytes) : gathered[0];
    gathered = [];
    gatheredBytes = 0;
    return whole;
  };

  const writeGathered = (): void => {
    if (gathered.length === 0) return;
    if (gathered.length === 1 || gatheredBytes <= copyBytes) {
      response.write(takeGathered());
      return;
    }
    response.cork();
    for (const chunk of gathered) response.write(chunk);
    response.uncork();
    gathered = [];
    gatheredBytes = 0;
  };

  const flush = (): void => {
    flushDue = false;
    if (head === undefined || response.destroyed || response.writableEnded) return;
    if (!started) {
      writeHead(head);
      if (gathered.length === 0) response.flushHeaders();
    }
    writeGathered();
    // Not what write() returned: uncork() may have told of the drain already, and no other would come.
    if (!response.writableNeedDrain) return;
    behind = true;
    if (!listening) response.on('drain', onDrain);
    listening = true;
  };

  const scheduleFlush = (): void => {
    if (flushDue) return;
    flushDue = true;
    turnEnd(flush);
  };

  return {
    // Not getters: in an object made for each request they cost V8 a hidden class each, which keeps the request alive.
    started: () => started,
    bytes: () => bytes,
    start(answer, ownHeaders, resume) {
      head = answer;
      for (const part of ownHeaders) answer.headers.push(part);
      resumeUpstream = resume;
      if (stream.holdsCutEvents && mayEndWithEvent(answer)) hold = createEventHold(stream);
      scheduleFlush();
    },
    forget() {
      head = undefined;
      hold = undefined;
      resumeUpstream = undefined;
      bytes = 0;
      takeGathered();
    },
    write(chunk) {
      bytes += chunk.length;
      const part = hold === undefined ? chunk : hold.take(chunk);
      if (part === undefined) return !behind;
      gathered.push(part);
      gatheredBytes += part.length;
      if (gatheredBytes >= gatherBytes) flush();
      else scheduleFlush();
      return !behind;
    },
    end() {
      if (head === undefined || response.destroyed) return;
      const rest = hold?.rest();
      if (rest !== undefined) {
        gathered.push(rest);
        gatheredBytes += rest.length;
      }
      if (started) {
        writeGathered();
        response.end();
        return;
      }
      writeHead(head, gatheredBytes);
      if (gathered.length > 1 && gatheredBytes > copyBytes) {
        response.cork();
        writeGathered();
        response.end();
        response.uncork();
        return;
      }
      const whole = takeGathered();
      // As text it goes out joined to the header, in the cheapest kind of write.
      if (whole !== undefined && whole.length <= joinBytes) response.end(whole.toString('latin1'), 'latin1');
      else response.end(whole);
    },
    cut(fault) {
      if (head === undefined || response.destroyed) return;
      if (!mayEndWithEvent(head)) {
        response.destroy();
        return;
      }
      writeGathered();
      // Without a hold: ends a line that was cut. Within an event the name becomes `error`, and the error's data follow.
      const closing = hold === undefined ? '\n' : hold.closing();
      response.end(closing + protocol.errorEvent(fault, requestId, hold?.eventNumber() ?? -1));
    },
  };
}

/** Not when the bytes of the answer are packed, or counted beforehand. */
function mayEndWithEvent(head: AnswerHead): boolean {
  return isEventStream(head) && head.contentEncoding === undefined && head.contentLength === undefined;
}
