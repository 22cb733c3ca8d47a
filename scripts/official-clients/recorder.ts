// A pass-through in front of the gateway that writes down what a client asks and what it gets, bytes unchanged. It stands
// under the gateway's own name for the client, and calls it by that name.
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Seen = {
  readonly method: string;
  readonly path: string;
  readonly model: string | undefined;
  /** What a person who reads the report may want to know of the body. */
  readonly traits: readonly string[];
  readonly userAgent: string;
  status: number | undefined;
  contentType: string;
  /** Which model answered, in the gateway's words. */
  answeredBy: string;
  /** The body of an answer that is an error. */
  error: string;
};

export type Recorder = { readonly port: number; take(): Seen[]; close(): void };

export async function startRecorder(gatewayUrl: string): Promise<Recorder> {
  const { hostname, port } = new URL(gatewayUrl);
  let seen: Seen[] = [];

  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    const body = Buffer.concat(pieces);
    const record: Seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      ...describeBody(body),
      userAgent: request.headers['user-agent'] ?? '',
      status: undefined,
      contentType: '',
      answeredBy: '',
      error: '',
    };
    seen.push(record);
    const headers = { ...request.headers, host: `${hostname}:${port}`, 'content-length': body.length };
    const { 'transfer-encoding': _chunked, ...sent } = headers as Record<string, string | number | string[]>;
    const upstream = httpRequest({
      hostname,
      port,
      method: request.method,
      path: request.url,
      headers: sent,
    });
    upstream.end(body);
    const [answer] = (await once(upstream, 'response')) as [IncomingMessage];
    record.status = answer.statusCode;
    record.contentType = answer.headers['content-type'] ?? '';
    record.answeredBy = String(answer.headers['x-openclaw-model'] ?? '');
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      if ((answer.statusCode ?? 0) >= 400) record.error += chunk.toString('utf8');
      response.write(chunk);
    }
    response.end();
  };

  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    take() {
      const taken = seen;
      seen = [];
      return taken;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function describeBody(body: Buffer): Pick<Seen, 'model' | 'traits'> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return { model: undefined, traits: body.length === 0 ? [] : [`${body.length} bytes that are no JSON`] };
  }
  if (typeof value !== 'object' || value === null) return { model: undefined, traits: [] };
  const members = value as Record<string, unknown>;
  const traits = [`${Math.ceil(body.length / 1024)} KB`, members['stream'] === true ? 'streamed' : 'whole'];
  const tools = members['tools'];
  if (Array.isArray(tools) && tools.length > 0) traits.push(`${tools.length} tools`);
  for (const name of ['store', 'thinking', 'reasoning', 'include', 'prompt_cache_key']) {
    if (members[name] !== undefined && members[name] !== null) traits.push(name);
  }
  const model = members['model'];
  return { model: typeof model === 'string' ? model : undefined, traits };
}
