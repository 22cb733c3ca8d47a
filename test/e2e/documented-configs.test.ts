// The three configurations of the documentation, saved as they stand, each with a gateway of its own. Their hosts are
// played on loopback: behind a proxy that tunnels, with the certificate of an authority that the process is told of.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cannotCertify, makeCertificates } from '../support/certificates.ts';
import { createHome, type Home } from '../support/cli-process.ts';
import { apiKeyExample, failoverExample, localModelExample } from '../support/documented-configs.ts';
import { startGateway } from '../support/gateway-process.ts';
import { aModel, anEmbedding, startLmStudio } from '../support/lmstudio-server.ts';
import { sendJson, type SeenRequest } from '../support/loopback-server.ts';
import { startRecordingProxy } from '../support/recording-proxy.ts';

const minimaxHost = 'api.minimax.io';
const anthropicHost = 'api.anthropic.com';
const lmStudioPlace = '127.0.0.1:1234';

type Asked = Pick<SeenRequest, 'url' | 'headers'> & { body: Record<string, unknown> };

/** For this one MiniMax refuses the key. */
const refusedModel = 'MiniMax-M2.5';

/** Both vendors, and what each was asked. Anthropic is overloaded all the time. */
async function startVendors() {
  const { caFile, ...tls } = makeCertificates([minimaxHost, anthropicHost]);
  const asked = new Map<string, Asked[]>();
  const server = createServer(tls, (request, response) => {
    void text(request).then((body) => {
      const host = request.headers.host ?? '';
      const seen = {
        url: request.url ?? '',
        headers: request.headers,
        body: JSON.parse(body) as Asked['body'],
      };
      asked.set(host, [...(asked.get(host) ?? []), seen]);
      const { model } = seen.body;
      const overloaded = { type: 'overloaded_error', message: 'Overloaded' };
      const unknownKey = { type: 'authorized_error', message: 'invalid api key (2049)', http_code: '401' };
      if (host === anthropicHost) {
        sendJson(response, 529, { type: 'error', error: overloaded }, { 'retry-after': '60' });
      } else if (model === refusedModel) sendJson(response, 401, { type: 'error', error: unknownKey });
      else sendJson(response, 200, { type: 'message', role: 'assistant', content: [], model });
    });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const routes = { [`${minimaxHost}:443`]: port, [`${anthropicHost}:443`]: port };
  const proxy = await startRecordingProxy({ routes });
  onTestFinished(() => proxy.close());
  const env = {
    HTTPS_PROXY: `http://${proxy.host}`,
    HTTP_PROXY: '',
    NO_PROXY: '',
    NODE_EXTRA_CA_CERTS: caFile,
  };
  return { env, asked: (host: string): Asked[] => asked.get(host) ?? [] };
}

/** The configuration as a file, its gateway, and one request of its default model. */
async function play(home: Home, config: string, path = '/v1/messages', also: Record<string, unknown> = {}) {
  home.writeConfig(config);
  const { url } = await startGateway(home);
  const token = String((await home.json(['gateway', 'token'])).value['token']);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ model: 'default', ...also });
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body });
  return { url, headers, answer, value: (await answer.json()) as Record<string, unknown> };
}

const message = { max_tokens: 8, messages: [{ role: 'user', content: 'x' }] };

describe('as it stands', () => {
  it('an API key serves its model', async (context) => {
    if (cannotCertify) return context.skip('needs the Debian package openssl');
    const vendors = await startVendors();
    const home = createHome(vendors.env);
    const { url, headers, answer, value } = await play(home, apiKeyExample, '/v1/messages', message);
    expect([answer.status, answer.headers.get('x-openclaw-model'), value['model']]).toEqual([
      200,
      'minimax/MiniMax-M2.1',
      'MiniMax-M2.1',
    ]);
    expect(vendors.asked(minimaxHost)).toEqual([
      {
        url: '/anthropic/v1/messages',
        headers: expect.objectContaining({
          authorization: 'Bearer sk-...',
          'x-api-key': 'sk-...',
        }) as unknown,
        body: { model: 'MiniMax-M2.1', ...message },
      },
    ]);
    // MiniMax says that the key is not valid, and no more.
    const body = JSON.stringify({ ...message, model: `minimax/${refusedModel}` });
    const refused = await fetch(`${url}/v1/messages`, { method: 'POST', headers, body });
    expect(refused.status).toBe(401);
    expect(await refused.text()).toContain('MINIMAX_API_HOST=https://api.minimaxi.com');
  });

  it('a second model answers when the first is overloaded, or has no key', async (context) => {
    if (cannotCertify) return context.skip('needs the Debian package openssl');
    const vendors = await startVendors();
    const withKey = createHome({ ...vendors.env, ANTHROPIC_API_KEY: 'canary7f3a-of-anthropic' });
    for (const [home, calls, reason] of [
      [createHome(vendors.env), 0, 'no_login'],
      [withKey, 1, 'overloaded'],
    ] as const) {
      const { answer, value } = await play(home, failoverExample, '/v1/messages', message);
      expect([answer.status, answer.headers.get('x-openclaw-model'), value['model']]).toEqual([
        200,
        'minimax/MiniMax-M2.1',
        'MiniMax-M2.1',
      ]);
      const failover = answer.headers.get('x-openclaw-failover');
      expect(failover).toContain('anthropic/claude-opus-4-6');
      expect(failover).toContain(`reason=${reason}`);
      expect(vendors.asked(anthropicHost)).toHaveLength(calls);
    }
    expect(vendors.asked(anthropicHost)[0]?.body['model']).toBe('claude-opus-4-6');
    expect(vendors.asked(minimaxHost)).toHaveLength(2);
  });

  it('a local model is served, beside those that LM Studio has besides', async () => {
    const studio = await startLmStudio([aModel, anEmbedding, { id: 'qwen/qwen3', type: 'vlm' }]);
    const proxy = await startRecordingProxy({ routes: { [lmStudioPlace]: studio.port } });
    onTestFinished(() => proxy.close());
    const home = createHome({ HTTP_PROXY: `http://${proxy.host}`, NO_PROXY: '' });
    const { url, headers, answer, value } = await play(home, localModelExample, '/v1/responses', {
      input: 'x',
    });
    expect([answer.status, answer.headers.get('x-openclaw-model'), value['model']]).toEqual([
      200,
      'lmstudio/minimax-m2.1-gs32',
      'minimax-m2.1-gs32',
    ]);
    const asked = studio.requests.find(({ method }) => method === 'POST');
    expect([asked?.url, asked?.headers.authorization]).toEqual(['/v1/responses', 'Bearer lmstudio']);
    const listed = async (): Promise<unknown> => {
      const list = (await (await fetch(`${url}/v1/models`, { headers })).json()) as {
        data: { id: string }[];
      };
      return list.data.map(({ id }) => id);
    };
    await expect
      .poll(listed, { interval: 20 })
      .toEqual(['lmstudio/minimax-m2.1-gs32', 'lmstudio/qwen/qwen3']);
    const other = await fetch(`${url}/v1/responses`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model: 'lmstudio/qwen/qwen3', input: 'x' }),
    });
    expect([other.status, await other.json()]).toMatchObject([200, { model: 'qwen/qwen3' }]);
    // What the gateway has seen is there for a command when the server is off.
    await studio.close();
    const { value: models } = await home.json(['models', 'list']);
    expect(models['models']).toMatchObject([
      { ref: 'lmstudio/minimax-m2.1-gs32', name: 'MiniMax M2.1 GS32', contextWindow: 196_608 },
      { ref: 'lmstudio/qwen/qwen3', input: ['text', 'image'], api: 'openai-responses' },
    ]);
  });
});
