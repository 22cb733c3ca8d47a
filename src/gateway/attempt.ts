// One request to one upstream with one lease: streams what can be streamed, holds back what must be judged first
// (error bodies, JSON that is small or of unknown length and the first event of a stream: they may be errors inside
// HTTP 200).
// What follows from a judgement is the exchange's; how bytes reach the client is the relay's.
import type { Clock } from '../platform/clock.ts';
import type { Relay } from './relay.ts';
import { isEventStream, type AnswerHead, type ReadHead } from './response-headers.ts';
import type { Upstream, UpstreamRequest } from './upstream.ts';
import { isPage, smallAnswerBytes } from './verdict.ts';

export type AttemptEvents = {
  /** Asked with what is there of an answer of which nothing has been sent: its whole body, or the beginning. */
  judge(head: AnswerHead, body: Buffer, isWhole: boolean): Judgement;
  /** The answer begins to be passed on; what is told of its body from here on is what the client gets. */
  onStart(head: AnswerHead): void;
  /** Called for each piece of the body: cheap. */
  onPiece(chunk: Buffer): void;
  /** The answer has been passed on whole. */
  onDone(head: AnswerHead): void;
  /** Nothing of an answer has reached the client. */
  onUnreachable(error: Error): void;
  /** The answer broke off after its first byte. */
  onCut(head: AnswerHead, error: Error): void;
};

/** `drop` throws the answer away: the exchange goes on itself. `more` waits for the next piece, and is for a beginning. */
export type Judgement = 'pass' | 'drop' | 'more';

export type Attempt = {
  /** The client has left: ends the upstream's work at once, and no event follows. */
  abort(): void;
};

/** The whole body of an error, from its header on: whoever waits for it is another login's customer by then. */
const errorBodyMs = 3_000;

export function sendAttempt(
  upstream: Upstream,
  clock: Clock,
  readHead: ReadHead,
  maxHeldBytes: number,
  request: UpstreamRequest,
  secrets: readonly string[],
  relay: Relay,
  ownHeaders: readonly string[],
  events: AttemptEvents,
): Attempt {
  let head: AnswerHead | undefined;
  let held: Buffer[] | undefined;
  let heldBytes = 0;
  let abortUpstream: ((reason?: Error) => void) | undefined;
  let resumeUpstream: () => void = nothing;
  let over = false;
  let cancelWait: (() => void) | undefined;
  /** An error that comes before `send` is back would overtake what it returns. */
  let isSending = true;

  const begin = (answer: AnswerHead): void => {
    events.onStart(answer);
    relay.start(answer, ownHeaders, resumeUpstream);
  };

  const pass = (chunk: Buffer): boolean => {
    events.onPiece(chunk);
    return relay.write(chunk);
  };

  const settle = (answer: AnswerHead, isWhole: boolean): void => {
    const body = (held?.length === 1 ? held[0] : Buffer.concat(held ?? [])) ?? nobody;
    const judgement = events.judge(answer, body, isWhole);
    if (judgement === 'more') return;
    held = undefined;
    if (judgement === 'drop') {
      over = true;
      return;
    }
    begin(answer);
    if (body.length > 0) pass(body);
  };

  const fail = (error: Error): void => {
    if (over) return;
    if (head !== undefined && head.status >= 300 && held !== undefined) {
      // Its status and its header are there, and say enough.
      settle(head, false);
      if (over) return;
    }
    over = true;
    if (head !== undefined && relay.started()) events.onCut(head, error);
    else {
      relay.forget();
      events.onUnreachable(error);
    }
  };

  /** The body of an error does not come to its end: what is there has to do. */
  const giveUp = (): void => {
    if (over || head === undefined || held === undefined) return;
    settle(head, false);
    if (over) abortUpstream?.();
  };

  upstream.send(request, {
    onConnect(abort) {
      abortUpstream = abort;
      if (over) abort();
    },
    onHeaders(status, raw, resume) {
      if (status < 200 || over) return true;
      head = readHead(status, raw, secrets);
      resumeUpstream = resume;
      if (mustHold(head)) held = [];
      else begin(head);
      if (status >= 300) cancelWait = clock.setTimer(giveUp, errorBodyMs, { unref: true });
      return true;
    },
    onData(chunk) {
      if (over || head === undefined) return true;
      if (held === undefined) return pass(chunk);
      held.push(chunk);
      heldBytes += chunk.length;
      const isOpenEnded = head.contentLength === undefined || isEventStream(head);
      const isDue = heldBytes > maxHeldBytes || (head.status < 300 && isOpenEnded);
      if (!isDue) return true;
      settle(head, false);
      if (over) abortUpstream?.();
      return true;
    },
    onComplete() {
      cancelWait?.();
      if (over || head === undefined) return;
      if (held !== undefined) settle(head, true);
      if (over) return;
      over = true;
      relay.end();
      events.onDone(head);
    },
    onError(error) {
      cancelWait?.();
      if (isSending) queueMicrotask(() => fail(error));
      else fail(error);
    },
  });
  isSending = false;

  return {
    abort() {
      cancelWait?.();
      over = true;
      abortUpstream?.();
    },
  };
}

const nobody = Buffer.alloc(0);
const nothing = (): void => {};

function mustHold(head: AnswerHead): boolean {
  // No redirect is followed, and none is passed on unseen.
  if (head.status >= 300 || isEventStream(head)) return true;
  return (head.contentLength ?? 0) <= smallAnswerBytes || isPage(head);
}
