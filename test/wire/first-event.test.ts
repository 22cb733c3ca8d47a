// The beginning of a stream, in whatever pieces it comes: an error in place of an answer is seen, and nothing else is.
import { describe, expect, it } from 'vitest';
import { readFirstEvent, type FirstEvent } from '../../src/wire/first-event.ts';

const failed = (data: string): FirstEvent => ({ kind: 'error', data });
const fine: FirstEvent = { kind: 'fine' };
const more: FirstEvent = { kind: 'more' };
const overloaded = '{"type":"error","error":{"type":"overloaded_error"}}';

describe('the first event', () => {
  it.each<[string, string, FirstEvent]>([
    ['a message', 'event: message_start\ndata: {"type":"message_start"}\n\n', fine],
    ['a message with more behind it', 'data: {"id":1}\n\ndata: {"error":{}}\n\n', fine],
    ['a response without an error', 'data: {"response":{"error": null}}\n\n', fine],
    ['a word of the model', 'data: {"text":"\\"error\\": 1"}\n\n', fine],
    ['an error', `event: error\ndata: ${overloaded}\n\n`, failed(overloaded)],
    ['an error with carriage returns', `event: error\r\ndata: ${overloaded}\r\n\r\n`, failed(overloaded)],
    ['an error with carriage returns alone', `event: error\rdata: ${overloaded}\r\r`, failed(overloaded)],
    ['an error in mixed lines', `event: error\rdata: ${overloaded}\n\r\n`, failed(overloaded)],
    ['an error behind comments of such lines', `: ping\r\r:\r\rdata:${overloaded}\r\r`, failed(overloaded)],
    ['an error in two such lines', 'data: {"error":\rdata: {}}\r\r', failed('{"error":\n{}}')],
    ['a message with carriage returns alone', 'event: x\rdata: {"a":1}\r\r', fine],
    ['a message before an error', 'data: {"a":1}\r\rdata: {"error":{}}\r\r', fine],
    ['a line end that is half there', 'data: {"a":1}\r\n\r', more],
    ['a line that ends in a carriage return', `data: ${overloaded}\r`, more],
    ['an error behind comments', `: ping\n\n\n:\n\ndata:${overloaded}\n\n`, failed(overloaded)],
    ['an error in two lines', 'data: {"error":\ndata: {}}\n\n', failed('{"error":\n{}}')],
    [
      'a code of MiniMax',
      'data: {"base_resp":{"status_code":1002}}\n\n',
      failed('{"base_resp":{"status_code":1002}}'),
    ],
    ['half of it', 'event: error\ndata: {"err', more],
    ['all but its end', `data: ${overloaded}\n`, more],
    ['comments alone', ': ping\n\n', more],
    ['nothing', '', more],
  ])('%s', (_name, sent, expected) => {
    expect(readFirstEvent(Buffer.from(sent), false)).toEqual(expected);
  });

  it('that the stream ends with counts without its empty line', () => {
    expect(readFirstEvent(Buffer.from(`data: ${overloaded}`), true)).toEqual(failed(overloaded));
    expect(readFirstEvent(Buffer.from(': ping\n\n'), true)).toEqual(fine);
    expect(readFirstEvent(Buffer.alloc(0), true)).toEqual(fine);
  });
});
