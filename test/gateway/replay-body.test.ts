// A body that may have to be sent again: whole each time, under the name that it is given, and let go when asked.
import { describe, expect, it } from 'vitest';
import { createReplayBody, type SentBody } from '../../src/gateway/replay-body.ts';
import { findModel } from '../../src/wire/model-field.ts';
import { message, openStage } from '../support/gateway-stage.ts';

const textOf = (sent: SentBody): string =>
  Buffer.concat(Buffer.isBuffer(sent) ? [sent] : [...sent]).toString();

function replayOf(text: string, cutAt = text.length) {
  const bytes = Buffer.from(text);
  const pieces = [bytes.subarray(0, cutAt), bytes.subarray(cutAt)].filter(({ length }) => length > 0);
  const field = findModel(bytes);
  if (field.kind !== 'found') throw new Error(field.kind);
  return createReplayBody(pieces, field);
}

describe('a body that is sent again', () => {
  it.each([10, 16_000, 40_000, 200_000])(
    'of %i bytes is whole each time, with the name that fits',
    (length) => {
      const bodyOf = (name: string): string =>
        `{"x":1,"model": "${name}" ,"prompt":"${'ä'.repeat(length / 2)}"}`;
      for (const cutAt of [40, Number.MAX_SAFE_INTEGER]) {
        const body = replayOf(bodyOf('alias'), cutAt);
        for (const name of ['alias', 'b', 'a-much-longer-name/of "it"', 'é"', 'alias', 'ключ']) {
          const sent = body.withModel(name);
          const text = textOf(sent);
          // Blanks behind the name at most.
          const isWhole = text.replace(/" +,/, '" ,') === bodyOf(JSON.stringify(name).slice(1, -1));
          expect([isWhole, sent.length]).toEqual([true, Buffer.byteLength(text)]);
          expect((JSON.parse(text) as { model: string }).model).toBe(name);
        }
      }
    },
  );

  it('is let go: at once, or when what is being sent has been', () => {
    const long = `{"model":"m","prompt":"${'x'.repeat(100_000)}"}`;
    const idle = replayOf(long, 65_536);
    const sent = idle.withModel('other');
    idle.release();
    expect(textOf(sent)).toBe('');
    const busy = replayOf(long, 65_536);
    const sending = busy.withModel('m');
    const iterator = (sending as Iterable<Buffer>)[Symbol.iterator]();
    iterator.next();
    busy.release();
    expect(iterator.next().value?.length).toBe(long.length - 65_536);
    expect(iterator.next().done).toBe(true);
    expect(textOf(sending)).toBe('');
  });

  it('arrives whole though the answer has begun before its end', async () => {
    const body = message('default', 'x'.repeat(5_000_000));
    let arrived = 0;
    const stage = await openStage((request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {}\n\n');
      request.on('data', (piece: Buffer) => (arrived += piece.length));
      request.on('end', () => response.end());
    });
    expect((await stage.call({ body })).body.toString()).toBe('data: {}\n\n');
    expect(arrived).toBe(body.length);
  });
});
