// Where the events in some bytes of a stream end: behind an empty line. A line ends in \n, \r\n or \r alone, as the
// standard of server-sent events has it. Bytes can stop between \r and \n; whoever asks sees the rest later.
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** The index after the empty line that ends the last whole event; 0 when none ends here. */
export function lastEventEnd(bytes: Buffer): number {
  let feed = bytes.lastIndexOf(lineFeed);
  // Most streams have none: they are looked through for one once.
  let cr = bytes.lastIndexOf(carriageReturn);
  for (;;) {
    const last = Math.max(feed, cr);
    if (last <= 0) return 0;
    const start = bytes[last] === lineFeed && bytes[last - 1] === carriageReturn ? last - 1 : last;
    if (isLineEnd(bytes[start - 1]) && !isUnsure(bytes, start)) return last + 1;
    if (start === 0) return 0;
    if (feed >= start) feed = bytes.lastIndexOf(lineFeed, start - 1);
    if (cr >= start) cr = bytes.lastIndexOf(carriageReturn, start - 1);
  }
}

/** The index after the empty line that ends the event which begins at `from`; -1: it has not ended. */
export function firstEventEnd(bytes: Buffer, from: number): number {
  let isBehindLine = false;
  let at = from;
  while (at < bytes.length) {
    if (!isLineEnd(bytes[at])) {
      isBehindLine = false;
      at += 1;
      continue;
    }
    const end = bytes[at] === carriageReturn && bytes[at + 1] === lineFeed ? at + 2 : at + 1;
    if (isBehindLine && !isUnsure(bytes, at)) return end;
    isBehindLine = true;
    at = end;
  }
  return -1;
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === lineFeed || byte === carriageReturn;
}

/**
 * The bytes stop at a \r behind a \n: from such a server the \n that belongs to it is on its way. Behind a \r it is the
 * empty line of one that sends no \n at all, and waiting for the next event would hold this one up.
 */
function isUnsure(bytes: Buffer, at: number): boolean {
  return bytes[at] === carriageReturn && at === bytes.length - 1 && bytes[at - 1] === lineFeed;
}
