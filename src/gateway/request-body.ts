// Collects a request's body, bounded by what it declares and by what it really sends.
// A client that leaves in the middle is not an answer: the response's own close event tells of it.
import type { IncomingMessage } from 'node:http';

/** Calls exactly one of the two, or none when the client leaves before the end. The pieces are as they arrived. */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  onBody: (pieces: readonly Buffer[], size: number) => void,
  onTooLarge: () => void,
): void {
  const pieces: Buffer[] = [];
  let size = 0;

  const onData = (piece: Buffer): void => {
    size += piece.length;
    if (size <= maxBytes) {
      pieces.push(piece);
      return;
    }
    request.off('data', onData);
    request.off('end', onEnd);
    onTooLarge();
  };
  const onEnd = (): void => onBody(pieces, size);

  request.on('data', onData);
  request.on('end', onEnd);
  request.on('error', ignore);
}

/** True when the request already says that its body is too large. */
export function declaresTooMuch(request: IncomingMessage, maxBytes: number): boolean {
  const declared = request.headers['content-length'];
  return declared !== undefined && Number(declared) > maxBytes;
}

/** The abort of an upload is also an `error`; unheard it would end the process. */
const ignore = (): void => {};
