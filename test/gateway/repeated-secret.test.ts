// Upstreams that repeat the credential they were sent: the gateway's client and its log do not get to see it.
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createMarkSearch } from '../support/canaries.ts';
import { errorIn, openStage, type Answer, type Stage } from '../support/gateway-stage.ts';

const token = `sim-at-g${'Tk0_9-x'.repeat(7)}`;

async function answerOf(
  respond: (response: ServerResponse, authorization: string) => void,
): Promise<{ answer: Answer; stage: Stage }> {
  const stage = await openStage((request, response) =>
    respond(response, String(request.headers['authorization'])),
  );
  stage.resolver.answer = (lease) => ({
    ...lease,
    headers: { authorization: `Bearer ${token}`, 'x-api-key': token },
  });
  return { answer: await stage.call(), stage };
}

const error = (message: string): string => JSON.stringify({ type: 'error', error: { type: 'x', message } });

function expectSilence({ answer, stage }: { answer: Answer; stage: Stage }): void {
  const said = [JSON.stringify(answer.headers), answer.body.toString('latin1'), JSON.stringify(stage.log)];
  expect(createMarkSearch()(Buffer.from(said.join('\n')))).toEqual([]);
}

describe('an upstream that repeats the token', () => {
  it.each([400, 403, 404, 429, 500, 529])('in the text of HTTP %i', async (status) => {
    const outcome = await answerOf((response, authorization) =>
      response
        .writeHead(status, { 'retry-after': '7' })
        .end(error(`you sent ${authorization}, which is odd`)),
    );
    expect(outcome.answer.status).toBe(status);
    expect(errorIn(outcome.answer).message).toContain('[redacted]');
    if (status === 429) expect(outcome.answer.headers['retry-after']).toBe('7');
    expectSilence(outcome);
  });

  it('in the answer to the second try of HTTP 401', async () => {
    const outcome = await answerOf((response, authorization) =>
      response.writeHead(401).end(error(`invalid: ${authorization}`)),
    );
    expect(errorIn(outcome.answer).message).toMatch(/invalid: Bearer \[redacted\]/);
    expectSilence(outcome);
  });

  it('in a page, where there is no text of its own to tell', async () => {
    const outcome = await answerOf((response, authorization) =>
      response.writeHead(502, { 'content-type': 'text/html' }).end(`<p>${authorization}</p>`),
    );
    expect(outcome.answer.status).toBe(502);
    expect(errorIn(outcome.answer).message).toBe('HTTP 502');
    expectSilence(outcome);
  });

  it('in a compressed body', async () => {
    const outcome = await answerOf((response, authorization) =>
      response.writeHead(400, { 'content-encoding': 'gzip' }).end(gzipSync(error(authorization))),
    );
    expect(outcome.answer.headers['content-encoding']).toBeUndefined();
    expectSilence(outcome);
  });

  it.each([
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['gzip', (text: string) => Buffer.concat([gzipSync('x'), Buffer.from(text)])],
  ])('in a body packed by %s', async (encoding, pack) => {
    const outcome = await answerOf((response, authorization) =>
      response.writeHead(400, { 'content-encoding': encoding }).end(pack(error(authorization))),
    );
    expect(outcome.answer.status).toBe(400);
    expectSilence(outcome);
  });

  it.each<[string, Record<string, string>, (authorization: string) => (string | Buffer)[]]>([
    ['behind what is held back', {}, (sent) => ['x'.repeat(70_000), sent]],
    ['before what is held back is over', {}, (sent) => [sent + 'x'.repeat(70_000)]],
    ['across the border', {}, (sent) => ['x'.repeat(65_516) + sent.slice(0, 40), sent.slice(40)]],
    [
      'in what unfolds into more than is read',
      { 'content-encoding': 'gzip' },
      (sent) => [gzipSync(sent + 'x'.repeat(300_000))],
    ],
    [
      'in several encodings at once',
      { 'content-encoding': 'gzip, gzip' },
      (sent) => [gzipSync(gzipSync(sent))],
    ],
    ['in an encoding of its own', { 'content-encoding': 'x-none' }, (sent) => [sent]],
    [
      'in a body that is cut',
      { 'content-encoding': 'gzip' },
      (sent) => [gzipSync(sent + error('x'.repeat(99))).subarray(0, 60)],
    ],
  ])('%s: the gateway tells status and delay in its own words', async (_name, headers, pieces) => {
    const outcome = await answerOf((response, authorization) => {
      response.writeHead(503, { 'content-type': 'text/html', 'retry-after': '7', ...headers });
      const [first, ...rest] = pieces(authorization);
      response.write(first, () => response.end(rest.join('')));
    });
    expect(outcome.answer.status).toBe(503);
    expect(outcome.answer.headers).toMatchObject({ 'content-type': 'application/json', 'retry-after': '7' });
    expect(errorIn(outcome.answer).message).toMatch(/^HTTP 503; its text is too long or cannot be read/);
    expect(outcome.stage.resolver.outcomes).toEqual([
      { kind: 'failed', reason: 'server_error', retryAfterMs: 7_000 },
    ]);
    expectSilence(outcome);
  });

  it.each([
    ['JSON', (text: string) => text.replaceAll('-', String.raw`\u002d`).replaceAll('x', String.raw`\u0078`)],
    ['HTML', (text: string) => text.replace(/[-x]/g, (one) => (one === 'x' ? '&#120;' : '&#x2D;'))],
    ['UTF-16', (text: string) => Buffer.from(text, 'utf16le').toString('latin1')],
  ])('escaped as in %s', async (_name, escape) => {
    const outcome = await answerOf((response, authorization) =>
      response.writeHead(400).end(error('').replace('""', `"${escape(authorization)}"`)),
    );
    expect(errorIn(outcome.answer).message).toMatch(/^(Bearer \[redacted\]|HTTP 400)$/);
    expectSilence(outcome);
  });

  it('in base64', async () => {
    const outcome = await answerOf((response, authorization) =>
      response.writeHead(400).end(error(Buffer.from(authorization).toString('base64'))),
    );
    expectSilence(outcome);
  });

  it('in a header of an error', async () => {
    const outcome = await answerOf((response, authorization) =>
      response.writeHead(400, { 'x-echo': authorization }).end(error('no')),
    );
    expect(errorIn(outcome.answer).message).toBe('no');
    expectSilence(outcome);
  });

  it.each([
    [
      'with its length',
      (sent: string) => ({ base_resp: { status_code: 2013, status_msg: sent } }),
      true,
      400,
    ],
    ['in pieces', (sent: string) => ({ base_resp: { status_code: 2013, status_msg: sent } }), false, 400],
    ['of no known form', (sent: string) => ({ error: sent }), true, 502],
  ])('in an error inside HTTP 200, %s', async (_name, bodyOf, hasLength, status) => {
    const outcome = await answerOf((response, authorization) => {
      const body = JSON.stringify(bodyOf(authorization));
      const length = hasLength ? { 'content-length': body.length } : {};
      response.writeHead(200, { 'content-type': 'application/json', ...length });
      response.write(body.slice(0, 50), () => response.end(body.slice(50)));
    });
    expect(outcome.answer.status).toBe(status);
    expectSilence(outcome);
  });

  it.each([
    ['JSON', { 'content-type': 'application/json' }],
    ['a stream', { 'content-type': 'text/event-stream' }],
  ])('in headers of an answer that is good: they alone are left out (%s)', async (_name, headers) => {
    const outcome = await answerOf((response, authorization) =>
      response
        .writeHead(200, {
          ...headers,
          'x-echo': authorization,
          'x-address': `https://x/?t=${encodeURIComponent(authorization)}`,
          'request-id': token,
          'x-kept': '1',
        })
        .end('{"type":"message"}'),
    );
    expect([outcome.answer.status, outcome.answer.body.toString()]).toEqual([200, '{"type":"message"}']);
    expect(outcome.answer.headers).toMatchObject({ ...headers, 'x-kept': '1' });
    expect(outcome.answer.headers).not.toHaveProperty('x-echo');
    expectSilence(outcome);
  });

  it('in the address of a redirect, which no client gets to follow', async () => {
    const outcome = await answerOf((response, authorization) =>
      response.writeHead(307, { location: `https://other.example/?t=${authorization}` }).end(),
    );
    expect(outcome.answer.status).toBe(502);
    expect(outcome.answer.headers.location).toBeUndefined();
    expectSilence(outcome);
  });
});

it('an error that repeats nothing is passed on byte for byte', async () => {
  const body = ` ${error('no such thing')}\n`;
  const { answer } = await answerOf((response) => response.writeHead(400).end(body));
  expect(answer.body.toString()).toBe(body);
});

it('what a provider sends along beside the token may come back', async () => {
  const stage = await openStage((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"type":"message"}');
  });
  stage.resolver.answer = (lease) => ({
    ...lease,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
  expect((await stage.call()).headers['content-type']).toBe('application/json');
});
