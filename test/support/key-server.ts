// A server that knows one MiniMax API key, and says so by the plan's usage call.
import { onTestFinished } from 'vitest';
import { sendJson, startServer, type SeenRequest } from './loopback-server.ts';

export const goodKey = 'sk-cp-canary7f3a-good';

export type KeyServer = {
  /** For MINIMAX_API_HOST. */
  url: string;
  requests: SeenRequest[];
  /** `out of order`: it answers with HTTP 503. */
  state: 'fine' | 'out of order';
};

export async function startKeyServer(): Promise<KeyServer> {
  const server = await startServer(({ url, headers }, response) => {
    if (keys.state === 'out of order') return sendJson(response, 503, {});
    if (url !== '/v1/token_plan/remains') return sendJson(response, 404, {});
    const isGood = headers.authorization === `Bearer ${goodKey}`;
    const status = isGood
      ? { status_code: 0, status_msg: '' }
      : { status_code: 1004, status_msg: 'login fail' };
    return sendJson(response, 200, { base_resp: status, model_remains: [] });
  });
  onTestFinished(server.close);
  const keys: KeyServer = { url: server.url, requests: server.requests, state: 'fine' };
  return keys;
}
