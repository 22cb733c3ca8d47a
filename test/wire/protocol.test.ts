// What the gateway writes itself in each of its APIs, held against what these APIs document.
import { describe, expect, it } from 'vitest';
import { OpenClawError } from '../../src/errors.ts';
import { anthropicMessages } from '../../src/wire/anthropic.ts';
import { openaiCompletions } from '../../src/wire/openai-completions.ts';
import { openaiResponses } from '../../src/wire/openai-responses.ts';
import { faultOf, type Fault } from '../../src/wire/protocol.ts';

const errorsOf: [number, string, string, string | null][] = [
  [400, 'invalid_request_error', 'invalid_request_error', null],
  [401, 'authentication_error', 'authentication_error', 'invalid_api_key'],
  [402, 'invalid_request_error', 'insufficient_quota', 'insufficient_quota'],
  [403, 'permission_error', 'permission_error', null],
  [404, 'not_found_error', 'not_found_error', null],
  [405, 'invalid_request_error', 'invalid_request_error', null],
  [413, 'request_too_large', 'invalid_request_error', null],
  [421, 'invalid_request_error', 'invalid_request_error', null],
  [429, 'rate_limit_error', 'rate_limit_error', 'rate_limit_exceeded'],
  [431, 'invalid_request_error', 'invalid_request_error', null],
  [500, 'api_error', 'server_error', null],
  [502, 'api_error', 'server_error', null],
  [503, 'api_error', 'server_error', null],
  [529, 'overloaded_error', 'server_error', null],
];

describe('error bodies', () => {
  it.each(errorsOf)('status %i: %s, %s (%s)', (status, anthropicType, openaiType, openaiCode) => {
    const fault: Fault = { status, message: 'what happened' };
    expect(JSON.parse(anthropicMessages.errorBody(fault, 'req_1'))).toEqual({
      type: 'error',
      error: { type: anthropicType, message: 'what happened' },
      request_id: 'req_1',
    });
    for (const protocol of [openaiCompletions, openaiResponses]) {
      expect(JSON.parse(protocol.errorBody(fault, 'req_1'))).toEqual({
        error: { message: 'what happened', type: openaiType, param: null, code: openaiCode },
      });
    }
  });

  it('carry what happened and what to do', () => {
    const fault = faultOf(
      new OpenClawError({ code: 'LOGIN_DEAD', message: 'The login is dead', data: { profileId: 'p:1' } }),
    );
    expect(fault).toEqual({
      status: 401,
      code: 'LOGIN_DEAD',
      message: 'The login is dead. Log in again: `openclaw auth login --profile-id p:1`.',
    });
  });

  it('name an unknown model as OpenAI does, and no unknown path so', () => {
    const fault = faultOf(new OpenClawError({ code: 'MODEL_UNKNOWN', message: 'There is no model x' }));
    expect(JSON.parse(openaiCompletions.errorBody(fault, 'r'))).toMatchObject({
      error: { type: 'invalid_request_error', code: 'model_not_found', param: 'model' },
    });
    expect(JSON.parse(anthropicMessages.errorBody(fault, 'r'))).toMatchObject({
      error: { type: 'not_found_error' },
    });
  });
});

describe('the event that ends a stream', () => {
  const fault: Fault = { status: 502, message: 'cut\n\ndata: forged' };
  const openaiError = { message: fault.message, type: 'server_error', param: null, code: null };
  const { message } = fault;
  it.each([
    [
      anthropicMessages,
      'event: error\n',
      { type: 'error', error: { type: 'api_error', message }, request_id: 'req_1' },
    ],
    [openaiCompletions, '', { error: openaiError }],
    [
      openaiResponses,
      'event: error\n',
      { type: 'error', code: 'server_error', message, param: null, sequence_number: 8 },
    ],
  ])('is one event of $api', (protocol, name, data) => {
    const text = protocol.errorEvent(fault, 'req_1', 7);
    expect(text.match(/\n\n/g)).toHaveLength(1);
    expect(text.startsWith(`${name}data: {`)).toBe(true);
    expect(text.endsWith('}\n\n')).toBe(true);
    expect(JSON.parse(text.slice(`${name}data: `.length))).toEqual(data);
  });

  it.each([
    ['no number yet', 'event: x\ndata: {"type":"x"}\n\n', 4],
    ['the last of several', '{"sequence_number":5}\n\n{"sequence_number": 12,"a":1}\n\n', 12],
    ['digits that may go on', '{"sequence_number":5', 4],
    ['nothing behind the name', '{"sequence_number"', 4],
    ['no number at all', '{"sequence_number":null}', 4],
    ['one beyond counting', `{"sequence_number":${'9'.repeat(40)}}`, 4],
    ["a model's own words", '{"delta":"\\"sequence_number\\":77"}', 4],
  ])('is numbered after %s', (_name, bytes, expected) => {
    expect(openaiResponses.stream.lastNumber?.(Buffer.from(bytes), 4)).toBe(expected);
  });
});

describe('where an upstream has it', () => {
  it.each([
    [anthropicMessages, 'https://a.example/anthropic', '/v1/messages?beta=true', '/v1/messages?beta=true'],
    [anthropicMessages, 'https://a.example/v1', '/v1/messages', '/messages'],
    [openaiCompletions, 'https://a.example/v1', '/v1/chat/completions', '/chat/completions'],
    [openaiCompletions, 'https://a.example/api/v4', '/v1/chat/completions', '/chat/completions'],
    [openaiResponses, 'https://a.example/v1', '/v1/responses?x=1', '/responses?x=1'],
  ])('$api behind %s', (protocol, baseUrl, path, expected) => {
    expect(protocol.upstreamPath(path, baseUrl)).toBe(expected);
  });
});

describe('model lists', () => {
  const listed = (id: string) => ({
    id,
    displayName: id.toUpperCase(),
    provider: 'p',
    api: 'openai-responses' as const,
  });

  it("are one page of Anthropic's", () => {
    const list = anthropicMessages.modelList([listed('p/a'), listed('p/b')]);
    expect(list).toMatchObject({ has_more: false, first_id: 'p/a', last_id: 'p/b' });
    expect(list['data']).toEqual([
      { type: 'model', id: 'p/a', display_name: 'P/A', created_at: '1970-01-01T00:00:00Z' },
      { type: 'model', id: 'p/b', display_name: 'P/B', created_at: '1970-01-01T00:00:00Z' },
    ]);
    expect(anthropicMessages.modelList([])).toEqual({
      data: [],
      has_more: false,
      first_id: null,
      last_id: null,
    });
  });

  it("are a list of OpenAI's that says which API each model has", () => {
    expect(openaiCompletions.modelList([listed('p/a')])).toEqual({
      object: 'list',
      data: [{ id: 'p/a', object: 'model', created: 0, owned_by: 'p', api: 'openai-responses' }],
    });
    expect(openaiCompletions.modelList([])).toEqual({ object: 'list', data: [] });
  });
});
