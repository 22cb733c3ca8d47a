// The text of a held answer's body, for its classification alone: the client gets the bytes as they came.
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';

type Decode = (body: Buffer, options: { maxOutputLength: number }) => Buffer;

const decoders: Readonly<Record<string, Decode>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};

/** A small body can unfold into a huge one. */
const maxTextBytes = 256 * 1024;

/** Empty when the body cannot be read: the status then decides alone. */
export function answerText(body: Buffer, contentEncoding: string | undefined): string {
  const encoding = (contentEncoding ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity') return body.toString();
  const decode = decoders[encoding];
  if (decode === undefined) return '';
  try {
    return decode(body, { maxOutputLength: maxTextBytes }).toString();
  } catch {
    return '';
  }
}
