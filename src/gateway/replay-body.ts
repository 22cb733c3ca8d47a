// A request's body as it is kept until its answer begins, so that it can be sent again, with the name that the model has at
// each upstream. Where that fits into the place of the name that the client has sent, nothing is copied. Once the answer has
// begun it is let go, for a stream may last for hours and its prompt be long.
import { replaceModel, writeModel, type ModelField } from '../wire/model-field.ts';

/** What one attempt sends; a long one in pieces. */
export type SentBody = Buffer | SentPieces;
export type SentPieces = Iterable<Buffer> & { readonly length: number };

export type ReplayBody = {
  withModel(id: string): SentBody;
  /** No further attempt will be made. What is still being sent goes on. */
  release(): void;
};

/** Up to here it is not worth letting go. */
const smallBytes = 16 * 1024;

/** `field` was found in the first piece. The pieces are written to: they belong to this body from here on. */
export function createReplayBody(
  pieces: readonly Buffer[],
  field: Extract<ModelField, { kind: 'found' }>,
): ReplayBody {
  let kept: readonly Buffer[] | undefined = pieces;
  let lastSent: { release(): void } | undefined;
  /** What stands in the first piece. */
  let written = field.value;

  const named = (first: Buffer, id: string): Buffer => {
    if (id === written) return first;
    if (!writeModel(first, field, id)) return replaceModel(first, field, id);
    written = id;
    return first;
  };

  return {
    withModel(id) {
      const [first = empty, ...rest] = kept ?? [];
      const begun = named(first, id);
      if (rest.length === 0 && begun.length <= smallBytes) return begun;
      const sent = createSentPieces([begun, ...rest]);
      lastSent = sent;
      return sent;
    },
    release() {
      kept = undefined;
      lastSent?.release();
      lastSent = undefined;
    },
  };
}

const empty = Buffer.alloc(0);

/** Whoever sends it holds on to it until the answer is over: so it lets go of its pieces by itself. */
function createSentPieces(pieces: readonly Buffer[]): SentPieces & { release(): void } {
  let kept: readonly Buffer[] = pieces;
  let isSending = false;
  let isReleased = false;
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return {
    length,
    *[Symbol.iterator]() {
      isSending = true;
      for (const piece of kept) yield piece;
      isSending = false;
      if (isReleased) kept = [];
    },
    release() {
      isReleased = true;
      if (!isSending) kept = [];
    },
  };
}
