// The parts of the loopback comparison that read and write text: answers byte by byte, the kernel's tables, the document.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readAddress } from '../../scripts/compare-loopback/process-facts.ts';
import { findAuthorizationUrl } from '../../scripts/compare-loopback/program.ts';
import { exchange } from '../../scripts/compare-loopback/raw-exchange.ts';
import { randomBits } from '../../scripts/compare-loopback/request-url-probes.ts';
import { placeBetweenMarkers, printTable } from '../../scripts/compare-loopback/table.ts';

async function serve(answer: RequestListener): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  onTestFinished(close);
  return { port: (server.address() as AddressInfo).port, close };
}

describe('a raw exchange', () => {
  it('reads an answer in chunks and one with a length', async () => {
    const { port } = await serve((request, response) => {
      if (request.url === '/length') response.setHeader('content-length', '4');
      response.write('Zü');
      response.end('r');
    });
    for (const path of ['/chunks', '/length']) {
      const answer = await exchange({
        host: '127.0.0.1',
        port,
        bytes: `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`,
      });
      expect(answer).toMatchObject({ kind: 'answered', status: 200, body: 'Zür' });
    }
  });

  it('tells a closed port and a connection that ends without an answer', async () => {
    const { port, close } = await serve((request) => request.socket.destroy());
    const request = { host: '127.0.0.1', port, bytes: 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' };
    expect(await exchange(request)).toMatchObject({ kind: 'closed', status: 0 });
    await close();
    expect(await exchange(request)).toMatchObject({ kind: 'refused', status: 0 });
  });
});

describe('what a program tells', () => {
  it.each([
    ['0100007F', '127.0.0.1'],
    ['00000000', '0.0.0.0'],
    ['00000000000000000000000001000000', '[::1]'],
    ['00000000000000000000000000000000', '[::]'],
  ])('the kernel writes %s for %s', (hex, address) => {
    expect(readAddress(hex)).toBe(address);
  });

  it('the authorization URL is the first whole one with a redirect', () => {
    const url = 'https://a.example/authorize?redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2F&state=s';
    expect(findAuthorizationUrl(`Listening on http://localhost:1455.\n\n${url}\n`)?.href).toBe(url);
    expect(findAuthorizationUrl(`{"authorizationUrl":"${url}"}`)?.href).toBe(url);
    expect(findAuthorizationUrl(`\n${url}`)).toBeUndefined();
  });

  it('a UUID in a state counts for its random part', () => {
    const uuid = '244545d4-03ff-4bd2-b227-ae9f8a554249';
    expect(randomBits(Buffer.from(JSON.stringify({ id: uuid })).toString('base64url')).bits).toBe(122);
    expect(randomBits(Buffer.alloc(32, 7).toString('base64url')).bits).toBe(256);
  });
});

describe('the table', () => {
  it('holds what other programs wrote as text', () => {
    const cells = [{ text: 'a | b\n<b>', isRight: false }, { text: 'ok', isRight: true }, { text: 'so' }];
    expect(printTable(['x', 'y', 'z'], [{ title: 'row', rule: 'RFC 1', cells }])).toBe(
      '|  | x | y | z | rule |\n| --- | --- | --- | --- | --- |\n' +
        '| row | ✗ a \\| b &lt;b> | ✓ ok | so | RFC 1 |\n',
    );
  });

  it('replaces what stood between the markers, and nothing else', () => {
    const page = 'before\n<!-- compare:loopback -->\nold\n<!-- /compare:loopback -->\nafter\n';
    const once = placeBetweenMarkers(page, '\nnew\n');
    expect(once).toBe('before\n<!-- compare:loopback -->\n\nnew\n<!-- /compare:loopback -->\nafter\n');
    expect(placeBetweenMarkers(once, '\nnew\n')).toBe(once);
    expect(() => placeBetweenMarkers('no markers', 'new')).toThrow('does not hold');
  });
});
