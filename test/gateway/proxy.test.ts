// The upstream through the proxy that the environment names.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { errorIn, openStage } from '../support/gateway-stage.ts';

/** Tunnels every CONNECT to `port` on loopback, whatever name was asked for. */
async function startProxy(port: () => number): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const proxy = createServer((_request, response) => void response.writeHead(405).end());
  proxy.on('connect', (request, client) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    if (request.url?.startsWith('refused.') === true) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const upstream = connect(port(), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return { url: `127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked };
}

describe('a proxy', () => {
  it.each(['HTTP_PROXY', 'http_proxy'])('of %s is used for names that only it knows', async (name) => {
    let upstreamPort = 0;
    const proxy = await startProxy(() => upstreamPort);
    const stage = await openStage((request, response) => void response.end(`host ${request.headers.host}`), {
      env: { [name]: `http://user:pass@${proxy.url}`, NO_PROXY: '127.0.0.1, .internal' },
    });
    upstreamPort = (stage.upstream.address() as AddressInfo).port;
    stage.resolver.answer = (lease) => ({ ...lease, baseUrl: 'http://api.portal.test/anthropic' });
    const answer = await stage.call();
    expect(answer.body.toString()).toBe('host api.portal.test');
    expect(proxy.asked).toEqual([`api.portal.test:80 Basic ${Buffer.from('user:pass').toString('base64')}`]);
    // NO_PROXY: straight there.
    stage.resolver.answer = (lease) => lease;
    expect((await stage.call()).status).toBe(200);
    expect(proxy.asked).toHaveLength(1);
  });

  it('that refuses, or is no URL, is a 502 that says so', async () => {
    const proxy = await startProxy(() => 0);
    for (const setting of [`http://${proxy.url}`, 'http://[']) {
      const stage = await openStage(() => {}, { env: { HTTP_PROXY: setting } });
      stage.resolver.answer = (lease) => ({ ...lease, baseUrl: 'http://refused.portal.test' });
      const answer = await stage.call();
      expect([answer.status, errorIn(answer).message]).toEqual([
        502,
        expect.stringContaining('refused.portal.test'),
      ]);
    }
  });
});
