// Servers that answer with something that is no answer, over real connections: what it is called, and what follows.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultLimits } from '../../src/gateway/limits.ts';
import { connectionFailure, createUpstream, unreachable } from '../../src/gateway/upstream.ts';
import { answerMessage, minimax, openFailoverStage } from '../support/failover-stage.ts';
import { message } from '../support/gateway-stage.ts';

/** Says this to whoever asks, and no more. */
async function serverThatSays(said: string, seen: string[] = []): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      seen.push(data.toString().slice(0, 4));
      socket.end(said);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function errorAt(baseUrl: string): Promise<Error> {
  const upstream = createUpstream({}, defaultLimits);
  onTestFinished(() => upstream.close());
  return new Promise((resolve, reject) => {
    upstream.send(
      { baseUrl, path: '/v1/messages', headers: [], body: Buffer.from('{}') },
      {
        onConnect() {},
        onHeaders: () => true,
        onData: () => true,
        onComplete: () => reject(new Error('it was an answer')),
        onError: resolve,
      },
    );
  });
}

const ok = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const largeHeaders = `${ok}x-a: ${'a'.repeat(20_000)}\r\ncontent-length: 2\r\n\r\n{}`;

const never = { reason: 'server_error', pauseMs: Infinity };
const atOnce = { reason: 'timeout', pauseMs: 0 };

describe('what comes in place of an answer', () => {
  it.each<[string, string, { reason: string; pauseMs: number | undefined }, RegExp]>([
    ['headers over 16 KB', largeHeaders, never, /: the headers of the answer are too large, \w+$/],
    [
      'another protocol',
      'SSH-2.0-OpenSSH_9.6\r\n',
      never,
      /: the answer is not valid HTTP\/1\.1, UND_ERR_HTTP_PARSER$/,
    ],
    [
      'a broken header',
      `${ok}bad header\r\n\r\n`,
      never,
      /: the answer is not valid HTTP\/1\.1, UND_ERR_HTTP_PARSER$/,
    ],
    [
      'a broken chunk',
      `${ok}transfer-encoding: chunked\r\n\r\nZZ\r\n`,
      never,
      /: the answer is not valid HTTP/,
    ],
    [
      'a body that was cut with its connection',
      `${ok}connection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab`,
      atOnce,
      /: the answer was cut short, HPE_INVALID_EOF_STATE$/,
    ],
    ['nothing', '', atOnce, /: the connection was closed, UND_ERR_SOCKET$/],
  ])('%s', async (_name, said, failure, words) => {
    const baseUrl = await serverThatSays(said);
    const error = await errorAt(baseUrl);
    expect(connectionFailure(error)).toEqual(failure);
    const told = unreachable(error, baseUrl);
    expect(told.message).toMatch(words);
    expect(told.remedy.startsWith('Check the network')).toBe(failure !== never);
  });
});

it('a server whose headers are too large is asked once, and another model answers', async () => {
  const asked: string[] = [];
  const stage = await openFailoverStage({
    logins: ['anthropic:key', 'minimax:key'],
    fallbacks: [minimax],
    baseUrls: { 'anthropic:key': await serverThatSays(largeHeaders, asked) },
    script: (response, { model }) => answerMessage(response, model),
  });
  const answer = await stage.call({ body: message('default') });
  expect([answer.status, answer.headers['x-openclaw-model']]).toEqual([200, minimax]);
  expect(answer.headers['x-openclaw-failover']).toMatch(/;reason=server_error$/);
  expect(asked).toEqual(['POST']);
});
