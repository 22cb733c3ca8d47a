// Where the last whole event in some bytes of a stream ends. Of the line ends that the standard of server-sent events
// allows, the two that servers send: \n and \r\n.
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** The index after the empty line that ends the last whole event; 0 when none ends here. */
export function lastEventEnd(bytes: Buffer): number {
  let at = bytes.length - 1;
  while (at > 0) {
    at = bytes.lastIndexOf(lineFeed, at);
    if (at <= 0) return 0;
    const before = bytes[at - 1] === carriageReturn ? at - 2 : at - 1;
    if (bytes[before] === lineFeed) return at + 1;
    at -= 1;
  }
  return 0;
}
