// Asks a gateway over HTTP how it is, as any program on this machine can. No key, no login, no token needed.
import { get } from 'node:http';
import { cleanText } from '../platform/text.ts';

export type Health = {
  ready: boolean;
  /** Why it cannot serve. */
  reason: string | null;
  activeRequests: number | null;
};

const timeoutMs = 3_000;
const maxBytes = 4_096;

/** `silent`: nothing answers; `other`: something that is no gateway. */
export async function probeGateway(url: string): Promise<Health | 'silent' | 'other'> {
  const health = await ask(`${url}/healthz`);
  if (health === undefined) return 'silent';
  const { service, active_requests: active } = health.body;
  if (service !== 'openclaw-gateway') return 'other';
  const ready = await ask(`${url}/readyz`);
  const reason = ready?.body['reason'];
  const isReady = ready?.status === 200;
  const said = typeof reason === 'string' ? cleanText(reason) : 'it does not say why';
  return {
    ready: isReady,
    reason: isReady ? null : said,
    activeRequests: typeof active === 'number' ? active : null,
  };
}

/** undefined when nothing answers. A connection for each: one that is kept would keep a former process waiting. */
function ask(url: string): Promise<{ status: number; body: Record<string, unknown> } | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: timeoutMs }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.length > maxBytes) request.destroy();
      });
      answer.once('close', () => resolve({ status: answer.statusCode ?? 0, body: asRecord(text) }));
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(undefined));
    request.once('close', () => resolve(undefined));
  });
}

function asRecord(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
