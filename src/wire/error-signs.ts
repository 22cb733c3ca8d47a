// Whether some bytes of an answer may be an error, though its HTTP status says that all is well: a search for a few
// names, so that nothing that is fine is parsed. What the error means is for whoever reads it then.
const baseRespKey = Buffer.from('"base_resp"');
const errorKey = Buffer.from('"error"');
const colon = 0x3a;
const space = 0x20;
const letterN = 0x6e;

/** MiniMax has its errors in `base_resp`, the others in `error`; in a model's own words quotes are escaped. */
export function mayBeError(bytes: Buffer): boolean {
  if (bytes.includes(baseRespKey)) return true;
  // Each answer of the Responses API has an `error`, which is null in those that are fine.
  for (let key = bytes.indexOf(errorKey); key !== -1; key = bytes.indexOf(errorKey, key + 1)) {
    let at = key + errorKey.length;
    while (bytes[at] === colon || bytes[at] === space) at += 1;
    if (bytes[at] !== letterN) return true;
  }
  return false;
}
