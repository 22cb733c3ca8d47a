// A gateway that leaves its socket to another: what is open stays open until it was answered.
import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../support/fake-clock.ts';
import { openStage, type Stage } from '../support/gateway-stage.ts';

const probe = (stage: Stage): string => `GET /readyz HTTP/1.1\r\nhost: 127.0.0.1:${stage.port}\r\n\r\n`;

describe('handOver', () => {
  it('answers on an idle connection, tells it to close, and ends with the last one', async () => {
    const stage = await openStage((_request, response) => void response.end('{}'));
    const idle = await stage.connect();
    const fresh = await stage.connect();
    idle.write(probe(stage));
    const seen: string[] = [];
    idle.setEncoding('utf8').on('data', (part: string) => void seen.push(part));
    await expect.poll(() => seen.join('')).toContain('"ready"');
    expect(seen.join('')).toMatch(/connection: keep-alive/i);

    let ended = false;
    const left = stage.gateway.handOver(60_000).then((cut) => {
      ended = true;
      return cut;
    });
    await expect(stage.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    seen.length = 0;
    idle.write(probe(stage));
    await expect.poll(() => idle.closed).toBe(true);
    // Another process serves: nobody is to be sent away by a probe.
    expect(seen.join('')).toMatch(/^HTTP\/1\.1 200 /);
    expect(seen.join('')).toMatch(/connection: close/i);
    expect(ended).toBe(false);
    fresh.write(probe(stage));
    expect(await text(fresh)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await left).toBe(0);
  });

  it('lets a stream run, and cuts one that is longer than it may be', async () => {
    const clock = createFakeClock();
    const upstream: ServerResponse[] = [];
    const stage = await openStage(
      (_request, response) => {
        upstream.push(response);
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
      },
      { clock },
    );
    const [short, long] = [await stage.open(), await stage.open()];
    const cut = expect(text(long)).rejects.toMatchObject({ code: 'ECONNRESET' });
    const left = stage.gateway.handOver(60_000);
    upstream[0]?.end('data: 2\n\n');
    expect(await text(short)).toBe('data: 1\n\ndata: 2\n\n');
    await clock.advance(60_000);
    expect(await left).toBe(1);
    await cut;
  });
});
