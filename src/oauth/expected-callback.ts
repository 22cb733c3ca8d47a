// The one answer that a login waits for, whichever way it comes: the browser's redirect or an address pasted by hand.
// The first that fits is taken, once; what fits is callback.ts', and what becomes of the listener then loopback-server.ts'.
import {
  judgeCallback,
  readPastedCallback,
  type CallbackExpectation,
  type CallbackOutcome,
} from './callback.ts';

export type ExpectedCallback = {
  /** `closed`: the login has ended, the listener was closed, or another callback is expected now. */
  readonly outcome: Promise<TakenCallback>;
  /** An address that a person brings by hand, judged as a callback; why it was refused, undefined when it was taken. */
  readonly paste: (address: string) => string | undefined;
  /** Nobody waits for it any more: what comes now is refused, and the listener goes on. No effect once it was taken. */
  readonly withdraw: () => void;
};

export type TakenCallback = CallbackOutcome | { readonly kind: 'closed' };

export type CallbackDesk = {
  readonly expect: (expectation: CallbackExpectation) => ExpectedCallback;
  /** `absent`: none is expected. `late`: it fits, and one was taken before. */
  offer(query: URLSearchParams): 'absent' | 'refused' | 'late' | 'taken';
  /** Nothing is taken from here on. */
  end(): void;
};

/** `onTaken` runs before anybody learns of the answer. */
export function createCallbackDesk(redirectUri: string, onTaken: () => void): CallbackDesk {
  let expected: { by: CallbackExpectation; settle: (callback: TakenCallback) => void } | undefined;
  let isTaken = false;
  let isOver = false;

  const offer = (query: URLSearchParams): { result: ReturnType<CallbackDesk['offer']>; reason?: string } => {
    if (expected === undefined) return { result: 'absent' };
    const verdict = judgeCallback(query, expected.by);
    if (verdict.kind === 'refused') return { result: 'refused', reason: verdict.reason };
    if (isTaken) return { result: 'late' };
    isTaken = true;
    onTaken();
    expected.settle(verdict.outcome);
    return { result: 'taken' };
  };

  return {
    expect(by) {
      let settle: (callback: TakenCallback) => void = () => undefined;
      const outcome = new Promise<TakenCallback>((resolve) => {
        settle = resolve;
      });
      const mine = { by, settle };
      if (isTaken || isOver) settle({ kind: 'closed' });
      else {
        expected?.settle({ kind: 'closed' });
        expected = mine;
      }
      return {
        outcome,
        withdraw() {
          if (!isTaken && expected === mine) expected = undefined;
        },
        paste(address) {
          if (isTaken || isOver) return 'this login has been answered or has ended';
          if (expected !== mine) return 'another login is under way now';
          const query = readPastedCallback(address, redirectUri);
          return typeof query === 'string' ? query : offer(query).reason;
        },
      };
    },
    offer: (query) => offer(query).result,
    end() {
      isOver = true;
      if (isTaken) return;
      expected?.settle({ kind: 'closed' });
      expected = undefined;
    },
  };
}
