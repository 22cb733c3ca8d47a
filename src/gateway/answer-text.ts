// The text of a held answer's body, for its classification and for the search for the login's token in it: a client that
// gets the body gets the bytes as they came.
import {
  brotliDecompressSync,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
  type InputType,
} from 'node:zlib';

type Decode = (body: InputType, options: { maxOutputLength: number }) => Buffer;

const decoders: Readonly<Record<string, readonly Decode[]>> = {
  gzip: [gunzipSync],
  'x-gzip': [gunzipSync],
  // Many servers leave out the wrapping that RFC 9110 section 8.4.1.2 asks for.
  deflate: [inflateSync, inflateRawSync],
  br: [brotliDecompressSync],
  zstd: [zstdDecompressSync],
};

/** A small body can unfold into a huge one. */
const maxTextBytes = 256 * 1024;

/** undefined when the body cannot be read: an unknown encoding, several at once, broken, or too large unfolded. */
export function answerText(body: Buffer, contentEncoding: string | undefined): string | undefined {
  const encoding = (contentEncoding ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || body.length === 0) return body.toString();
  for (const decode of decoders[encoding] ?? []) {
    try {
      return decode(body, { maxOutputLength: maxTextBytes }).toString();
    } catch {
      // Not in this form of the encoding, or not readable at all: what the caller does then is the safe thing.
    }
  }
  return undefined;
}
