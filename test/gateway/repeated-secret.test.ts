// Upstreams that repeat the credential they were sent: the gateway's client and its log do not get to see it.
import { gzipSync } from 'node:zlib';
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
    expect(outcome.answer.status).toBe(status === 403 ? 401 : status);
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

  it('in an error inside HTTP 200', async () => {
    const outcome = await answerOf((response, authorization) => {
      const body = JSON.stringify({ base_resp: { status_code: 2013, status_msg: authorization } });
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
        .end(body);
    });
    expect(outcome.answer.status).toBe(502);
    expectSilence(outcome);
  });

  it('in the address of a redirect, which no client gets to follow', async () => {
    const outcome = await answerOf((response, authorization) =>
      response.writeHead(307, { location: `https://other.example/?t=${authorization}` }).end(),
    );
    expect(outcome.answer.status).toBe(307);
    expect(outcome.answer.headers.location).toBeUndefined();
    expectSilence(outcome);
  });
});

it('an error that repeats nothing is passed on byte for byte', async () => {
  const body = ` ${error('no such thing')}\n`;
  const { answer } = await answerOf((response) => response.writeHead(400).end(body));
  expect(answer.body.toString()).toBe(body);
});
