// A login at the hosts of MiniMax themselves, with no configuration at all, from behind proxies: one that tunnels to a TLS
// front for these hosts with a company's own certificate, one for plain http, one that is dead. Nothing leaves loopback.
import { request as sendOn } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cannotCertify, makeCertificates } from '../support/certificates.ts';
import { createHome, onboardArgs, startPortal, type Portal } from '../support/cli-process.ts';
import { startRecordingProxy, type ProxyOptions, type RecordingProxy } from '../support/recording-proxy.ts';

const canary = 'canary7f3a-proxy-password';
const accountHost = 'account.minimax.io';
const apiHost = 'api.minimax.io';

async function proxyFor(options: ProxyOptions = {}): Promise<RecordingProxy> {
  const proxy = await startRecordingProxy(options);
  onTestFinished(() => proxy.close());
  return proxy;
}

/** Ends TLS and hands on to the portal, each host to its own server; keeps which were asked for. */
async function startFront(portal: Portal, tls: { cert: string; key: string }) {
  const hosts = new Set<string>();
  const front = createServer(tls, (request, response) => {
    const host = request.headers.host ?? '';
    hosts.add(host);
    const target = new URL(request.url ?? '/', host === accountHost ? portal.accountUrl : portal.apiUrl);
    const headers = { ...request.headers, host: target.host };
    const sent = sendOn(target, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(sent);
  });
  front.listen(0, '127.0.0.1');
  await new Promise((resolve) => front.once('listening', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        front.close(() => resolve());
        front.closeAllConnections();
      }),
  );
  return { port: (front.address() as AddressInfo).port, hosts };
}

describe('at the hosts of MiniMax, without a configuration', () => {
  it('K9: logs in through a proxy that tunnels, with the authority of a company', async (context) => {
    if (cannotCertify) return context.skip('needs the Debian package openssl');
    const portal = await startPortal({ autoApproveMs: 0 });
    const { caFile, cert, key } = makeCertificates([accountHost, apiHost]);
    const front = await startFront(portal, { cert, key });
    const proxy = await proxyFor({
      routes: { [`${accountHost}:443`]: front.port, [`${apiHost}:443`]: front.port },
    });
    const home = createHome({
      HTTPS_PROXY: `http://user:${canary}@${proxy.host}`,
      HTTP_PROXY: '',
      NO_PROXY: '',
      NODE_EXTRA_CA_CERTS: caFile,
    });
    const ended = await home.start([...onboardArgs, '--json']).ended;
    expect(ended).toMatchObject({ code: 0 });
    expect(JSON.parse(ended.stdout)).toMatchObject({ verified: true, profile: { region: 'global' } });
    expect(ended.stdout + ended.stderr).not.toContain('canary');
    // Whatever was asked for was asked of the proxy, and it was these two hosts.
    expect(new Set(proxy.seen.map(({ method, target }) => `${method} ${target}`))).toEqual(
      new Set([`CONNECT ${accountHost}:443`, `CONNECT ${apiHost}:443`]),
    );
    for (const { headers } of proxy.seen) {
      const [, sent = ''] = (headers['proxy-authorization'] ?? '').split(' ');
      expect(Buffer.from(sent, 'base64').toString()).toBe(`user:${canary}`);
    }
    expect(front.hosts).toEqual(new Set([accountHost, apiHost]));
    expect(portal.control.state()).toMatchObject({ violations: [], counters: { grants: 1 } });
  });

  it('K9: without the authority says whose certificate it is about, and how to name it', async (context) => {
    if (cannotCertify) return context.skip('needs the Debian package openssl');
    const portal = await startPortal();
    const { cert, key } = makeCertificates([accountHost, apiHost]);
    const front = await startFront(portal, { cert, key });
    const proxy = await proxyFor({ routes: { [`${accountHost}:443`]: front.port } });
    const home = createHome({ HTTPS_PROXY: `http://${proxy.host}`, NO_PROXY: '' });
    const started = home.start(onboardArgs);
    const line = await started.line('stderr', /NODE_EXTRA_CA_CERTS/);
    expect(line).toContain(`${proxy.host} (HTTPS_PROXY)`);
    started.child.kill('SIGINT');
    expect(await started.ended).toMatchObject({ code: 130 });
    expect(portal.control.state().counters.deviceRequests).toBe(0);
  });

  it.each([
    ['is dead', {}, true, 'the connection was refused'],
    ['wants a password', { refuseWith: 407 }, false, 'the proxy asks for a user name and a password'],
  ] as const)(
    'K9: a proxy that %s is named, without its password',
    async (_what, options, isGone, reason) => {
      const proxy = await proxyFor(options);
      if (isGone) await proxy.close();
      const home = createHome({ https_proxy: `http://user:${canary}@${proxy.host}`, NO_PROXY: '' });
      const started = home.start(onboardArgs);
      const line = await started.line('stderr', /through the proxy/);
      expect(line).toContain(reason);
      expect(line).toContain(`${proxy.host} (https_proxy)`);
      started.child.kill('SIGINT');
      const { code, stdout, stderr } = await started.ended;
      expect(code).toBe(130);
      expect(stdout + stderr).not.toContain('canary');
    },
  );
});

describe('at a portal on loopback', () => {
  it('K9: plain http goes through HTTP_PROXY', async () => {
    const portal = await startPortal();
    const proxy = await proxyFor();
    const home = createHome({ HTTP_PROXY: `http://user:${canary}@${proxy.host}`, NO_PROXY: '' });
    home.writeConfig(portal.config);
    const { code, value } = await home.json(onboardArgs);
    expect([code, value['verified']]).toEqual([0, true]);
    const targets = new Set(proxy.seen.map(({ target }) => URL.parse(target)?.host ?? target));
    expect(targets).toEqual(new Set([new URL(portal.accountUrl).host, new URL(portal.apiUrl).host]));
    expect(portal.control.state().violations).toEqual([]);
  });

  it.each(['*', 'example.com,127.0.0.1'])('K9: NO_PROXY=%s keeps the proxy out of it', async (list) => {
    const portal = await startPortal();
    const proxy = await proxyFor();
    const home = createHome({
      HTTP_PROXY: `http://${proxy.host}`,
      HTTPS_PROXY: `http://${proxy.host}`,
      NO_PROXY: list,
    });
    home.writeConfig(portal.config);
    expect((await home.json(onboardArgs)).code).toBe(0);
    expect(proxy.seen).toEqual([]);
  });
});
