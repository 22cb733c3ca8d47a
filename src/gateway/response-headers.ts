// Reads the header of an upstream's answer and decides which of it the client gets: the body is passed on untouched,
// so all that describes it stays; what belongs to one connection (RFC 9110 section 7.6.1), what would set state in a
// browser, what would open the gateway to web pages, and what repeats the login's own token goes.

export type AnswerHead = {
  readonly status: number;
  /** Names and values in turn, for writeHead. Without `content-length` when the upstream sent none. */
  readonly headers: string[];
  readonly contentType: string;
  /** undefined when the length is not known beforehand. */
  readonly contentLength: number | undefined;
  readonly contentEncoding: string | undefined;
  readonly retryAfter: string | undefined;
};

/** `raw`: names and values in turn, as undici hands them over. `secrets`: what no header may hold. */
export type ReadHead = (status: number, raw: readonly Buffer[], secrets: readonly string[]) => AnswerHead;

type Fate = 'keep' | 'drop' | 'connection' | 'type' | 'length' | 'encoding' | 'retry' | 'id';

const fates: ReadonlyMap<string, Fate> = new Map<string, Fate>([
  ['connection', 'connection'],
  ['content-type', 'type'],
  ['content-length', 'length'],
  ['content-encoding', 'encoding'],
  ['retry-after', 'retry'],
  // The gateway's own id goes under these names; the upstream's is passed on beside it.
  ['request-id', 'id'],
  ['x-request-id', 'id'],
  ['transfer-encoding', 'drop'],
  ['keep-alive', 'drop'],
  ['proxy-authenticate', 'drop'],
  ['proxy-authorization', 'drop'],
  ['proxy-connection', 'drop'],
  ['te', 'drop'],
  ['trailer', 'drop'],
  ['upgrade', 'drop'],
  ['set-cookie', 'drop'],
  ['set-cookie2', 'drop'],
  ['clear-site-data', 'drop'],
  ['alt-svc', 'drop'],
  ['strict-transport-security', 'drop'],
  ['www-authenticate', 'drop'],
  // A client that follows it to another host would take the gateway's token along.
  ['location', 'drop'],
]);

/** Spellings of names seen so far; an upstream that invents names must not fill the memory. */
const maxRemembered = 256;

export function createReadHead(): ReadHead {
  const remembered = new Map<string, Fate>();

  const fateOf = (name: string): Fate => {
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const lower = name.toLowerCase();
    // What the gateway says of itself is not an upstream's to say.
    const isOurs = lower.startsWith('x-openclaw-');
    const fate = fates.get(lower) ?? (isOurs || lower.startsWith('access-control-') ? 'drop' : 'keep');
    if (remembered.size < maxRemembered) remembered.set(name, fate);
    return fate;
  };

  return (status, raw, secrets) => {
    const headers: string[] = [];
    let contentType = '';
    let contentLength: number | undefined;
    let contentEncoding: string | undefined;
    let retryAfter: string | undefined;
    let hasId = false;
    const nominated: string[] = [];
    for (let index = 0; index + 1 < raw.length; index += 2) {
      const name = text(raw[index]);
      const value = text(raw[index + 1]);
      if (holdsOne(value, secrets) || holdsOne(name, secrets)) continue;
      switch (fateOf(name)) {
        case 'keep':
          headers.push(name, value);
          break;
        case 'type':
          contentType = value;
          headers.push('content-type', value);
          break;
        case 'length':
          contentLength = Number(value);
          break;
        case 'encoding':
          // It says that there is none (RFC 9110 section 12.5.3).
          if (value.trim().toLowerCase() === 'identity') break;
          contentEncoding = value;
          headers.push('content-encoding', value);
          break;
        case 'retry':
          retryAfter = value;
          headers.push('retry-after', value);
          break;
        case 'id':
          if (!hasId) headers.push('x-upstream-request-id', value);
          hasId = true;
          break;
        case 'connection':
          for (const token of nominatedBy(value)) nominated.push(token);
          break;
        case 'drop':
          break;
      }
    }
    if (!Number.isSafeInteger(contentLength)) contentLength = undefined;
    if (contentLength !== undefined) headers.push('content-length', String(contentLength));
    return {
      status,
      headers: nominated.length === 0 ? headers : without(headers, nominated),
      contentType,
      contentLength,
      contentEncoding,
      retryAfter,
    };
  };
}

export function isEventStream(head: AnswerHead): boolean {
  return head.contentType.startsWith('text/event-stream');
}

/** For every header of every answer: nearly all are shorter than a token. */
function holdsOne(part: string, secrets: readonly string[]): boolean {
  for (const secret of secrets) if (part.length >= secret.length && part.includes(secret)) return true;
  return false;
}

function text(buffer: Buffer | undefined): string {
  return buffer === undefined ? '' : buffer.toString('latin1');
}

function nominatedBy(connection: string): string[] {
  if (connection === 'keep-alive' || connection === 'close') return [];
  return connection
    .toLowerCase()
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '' && token !== 'keep-alive' && token !== 'close');
}

function without(headers: readonly string[], names: readonly string[]): string[] {
  return headers.filter((_, index) => !names.includes((headers[index - (index % 2)] ?? '').toLowerCase()));
}
