// Every shape of an upstream answer that was seen, and the class that it belongs to.
import { describe, expect, it } from 'vitest';
import { classify, parseRetryAfter, type AnswerClass } from '../../src/gateway/classify.ts';

const nowMs = Date.UTC(2026, 10, 20);
const error = (message: string, type = 'api_error'): string =>
  JSON.stringify({ type: 'error', error: { type, message }, request_id: 'r' });
const baseResp = (code: number, text: string): string =>
  JSON.stringify({ base_resp: { status_code: code, status_msg: text } });

const openaiError = (type: string, code: string | null): string =>
  JSON.stringify({ error: { message: 'no', type, param: null, code } });

const table: [string, number, string, AnswerClass, number?][] = [
  ['a message', 200, '{"type":"message","content":[{"type":"text","text":"error (2049)"}]}', 'ok'],
  ['a message with base_resp 0', 200, '{"id":"m","base_resp":{"status_code":0,"status_msg":""}}', 'ok', 0],
  ['a token count', 200, '{"input_tokens":12}', 'ok'],
  ['an empty body', 200, '', 'ok'],
  ['401 of Anthropic', 401, error('invalid api key', 'authentication_error'), 'auth'],
  [
    '401 of MiniMax',
    401,
    '{"type":"error","error":{"type":"authorized_error","message":"invalid api key (2049)","http_code":"401"},"request_id":"x"}',
    'auth',
    2049,
  ],
  ['401 with a page', 401, '<html>Unauthorized</html>', 'auth'],
  ['401 with nothing', 401, '', 'auth'],
  ['403', 403, error('forbidden', 'permission_error'), 'forbidden'],
  ['403 for a plan', 403, error('your plan does not include this model', 'permission_error'), 'forbidden'],
  ['403 for a right', 403, error('this token may not use that model', 'permission_error'), 'forbidden'],
  ['403 with a page', 403, '<html>Request blocked</html>', 'forbidden'],
  ['403 with nothing', 403, '', 'forbidden'],
  ['403 with 2061', 403, error('not in your plan (2061)'), 'model_unavailable', 2061],
  ['403 with 1004', 403, baseResp(1004, 'no'), 'auth', 1004],
  ['403 with 2049', 403, error('x (2049)'), 'auth', 2049],
  ['403 by its name', 403, error('no', 'authentication_error'), 'auth'],
  ['403 by its text', 403, error('The access token has expired'), 'auth'],
  ['403 by its text, the other way about', 403, error('expired or revoked credentials'), 'auth'],
  ['an authentication error in HTTP 200', 200, error('no', 'authentication_error'), 'auth'],
  ['1004 in HTTP 200', 200, baseResp(1004, 'login fail: Please carry the API secret key'), 'auth', 1004],
  ['1004 by its text', 200, baseResp(0, 'cookie is missing, log in again'), 'auth', 0],
  ['2049 in HTTP 200', 200, baseResp(2049, 'invalid api key'), 'auth', 2049],
  ['429', 429, error('slow down', 'rate_limit_error'), 'rate_limit'],
  ['429 with nothing', 429, '', 'rate_limit'],
  ['1002', 200, baseResp(1002, 'rate limit'), 'rate_limit', 1002],
  ['2056 in HTTP 429', 429, error('usage limit exceeded (2056)', 'rate_limit_error'), 'quota', 2056],
  ['2056 in HTTP 200', 200, baseResp(2056, 'usage limit exceeded'), 'quota', 2056],
  ['2056 by its text', 429, error('usage limit exceeded'), 'quota'],
  ['1028', 200, baseResp(1028, 'x'), 'quota', 1028],
  ['1030', 500, error('x (1030)'), 'quota', 1030],
  ['1008 in HTTP 500', 500, '{"error":{"code":1008,"message":"insufficient balance"}}', 'billing', 1008],
  ['1008 as digits', 500, '{"error":{"code":"1008","message":"x"}}', 'billing', 1008],
  ['balance by its text', 402, error('insufficient balance'), 'billing'],
  ['402', 402, '', 'billing'],
  [
    'an empty balance at Anthropic',
    400,
    error('Your credit balance is too low to access the Anthropic API.', 'invalid_request_error'),
    'billing',
  ],
  ['refused content', 200, baseResp(1026, 'x'), 'format', 1026],
  ['refused words of the model', 500, error('x (1027)'), 'format', 1027],
  ['refused words of the model in HTTP 200', 200, baseResp(1027, 'output new_sensitive'), 'format', 1027],
  ['tokens each minute', 200, baseResp(1039, 'token limit'), 'rate_limit', 1039],
  ['tokens each minute in HTTP 500', 500, error('token limit (1039)'), 'rate_limit', 1039],
  ['connections at once', 200, baseResp(1041, 'conn limit'), 'rate_limit', 1041],
  ['invisible characters', 200, baseResp(1042, 'invisible character ratio limit'), 'format', 1042],
  ['requests that grow too quickly', 200, baseResp(2045, 'rate growth limit'), 'rate_limit', 2045],
  ['401 of OpenAI', 401, openaiError('invalid_request_error', 'invalid_api_key'), 'auth'],
  ['a key that OpenAI refuses with 400', 400, openaiError('x', 'invalid_api_key'), 'auth'],
  ['429 of OpenAI', 429, openaiError('requests', 'rate_limit_exceeded'), 'rate_limit'],
  [
    '429 of OpenAI for want of money',
    429,
    openaiError('insufficient_quota', 'insufficient_quota'),
    'billing',
  ],
  ['404 of OpenAI', 404, openaiError('invalid_request_error', 'model_not_found'), 'model_unavailable'],
  ['400 of OpenAI', 400, openaiError('invalid_request_error', null), 'format'],
  [
    'a long prompt at OpenAI',
    400,
    openaiError('invalid_request_error', 'context_length_exceeded'),
    'context_overflow',
  ],
  ['500 of OpenAI', 500, openaiError('server_error', 'server_error'), 'server_error'],
  ['a response of OpenAI', 200, '{"id":"resp_1","status":"completed","error":null}', 'ok'],
  ['a status within HTTP 200', 200, '{"error":{"code":429,"message":"slow down"}}', 'rate_limit', 429],
  ['a status of its own within HTTP 200', 200, '{"error":{"code":502,"message":"x"}}', 'server_error', 502],
  ['529', 529, error('Overloaded', 'overloaded_error'), 'overloaded'],
  ['high traffic', 500, error('High traffic detected, retry later'), 'overloaded'],
  ['an overload named in HTTP 200', 200, error('Overloaded', 'overloaded_error'), 'overloaded'],
  ['a defect named in HTTP 200', 200, error('x', 'api_error'), 'server_error'],
  ['a limit named in HTTP 200', 200, error('x', 'rate_limit_error'), 'rate_limit'],
  ['a fault of the request in HTTP 200', 200, error('x', 'invalid_request_error'), 'format'],
  [
    'an error event of the Responses API',
    200,
    '{"type":"error","code":"rate_limit_exceeded","message":"x","param":null,"sequence_number":1}',
    'rate_limit',
  ],
  [
    'a response that has failed',
    200,
    '{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"x"}}}',
    'server_error',
  ],
  ['a response that begins', 200, '{"type":"response.created","response":{"error":null}}', 'ok'],
  [
    'an API that LM Studio does not have yet',
    200,
    '{"error":"Unexpected endpoint or method. (POST /v1/messages)"}',
    'format',
  ],
  ['2061', 400, error('your plan does not support this model (2061)'), 'model_unavailable', 2061],
  ['404 for a model', 404, error('model: m-9', 'not_found_error'), 'model_unavailable'],
  ['404 for a path', 404, '404 page not found', 'format'],
  ['400', 400, error('max_tokens: required', 'invalid_request_error'), 'format'],
  ['422', 422, error('x'), 'format'],
  ['2013', 200, baseResp(2013, 'invalid params'), 'format', 2013],
  ['a long prompt', 400, error('prompt is too long: 210000 tokens > 200000 maximum'), 'context_overflow'],
  [
    'a long prompt with 2013',
    400,
    error('invalid params, context window exceeds limit (2013)'),
    'context_overflow',
    2013,
  ],
  ['a long prompt in HTTP 413', 413, error('prompt is too long'), 'context_overflow'],
  ['a long prompt in HTTP 422', 422, error('maximum context length is 4096'), 'context_overflow'],
  [
    'a long prompt in HTTP 200',
    200,
    error('prompt is too long', 'invalid_request_error'),
    'context_overflow',
  ],
  [
    'a long prompt as a code in HTTP 200',
    200,
    '{"error":{"code":400,"message":"prompt is too long"}}',
    'context_overflow',
    400,
  ],
  [
    'too many tokens in HTTP 429',
    429,
    error('Too many tokens, please wait before trying again.'),
    'rate_limit',
  ],
  [
    'too many tokens as 429 in HTTP 200',
    200,
    '{"error":{"code":429,"message":"Too many tokens"}}',
    'rate_limit',
    429,
  ],
  [
    'too many tokens with the name of a limit',
    200,
    error('too many tokens', 'rate_limit_error'),
    'rate_limit',
  ],
  ['too many tokens with the code of a limit', 200, baseResp(1039, 'too many tokens'), 'rate_limit', 1039],
  ['a plan that is used up by too many tokens', 429, error('usage limit exceeded: too many tokens'), 'quota'],
  ['a server without room for a context', 503, error('no context window slot free'), 'server_error'],
  ['407', 407, '', 'server_error'],
  ['425', 425, '', 'timeout'],
  ['408', 408, '', 'timeout'],
  ['499', 499, '', 'timeout'],
  ['504', 504, '<html></html>', 'timeout'],
  ['522', 522, '', 'timeout'],
  ['524', 524, '', 'timeout'],
  ['500', 500, error('boom'), 'server_error'],
  ['503 with broken JSON', 503, '{"type":', 'server_error'],
  ['1000', 200, baseResp(1000, 'unknown error'), 'server_error', 1000],
  ['1001', 200, baseResp(1001, 'timeout'), 'server_error', 1001],
  ['1024', 200, baseResp(1024, 'internal'), 'server_error', 1024],
  ['1033', 200, baseResp(1033, 'system'), 'server_error', 1033],
  ['an unknown code in HTTP 200', 200, baseResp(4242, 'x'), 'server_error', 4242],
  ['a redirect', 307, '', 'server_error'],
];

describe('classify', () => {
  it.each(table)('%s (%i)', (_name, status, body, kind, code) => {
    const classification = classify({ status, body }, nowMs);
    expect(classification.kind).toBe(kind);
    expect(classification.code).toBe(code);
  });

  it('says when to come back', () => {
    expect(classify({ status: 429, body: '', retryAfter: '7' }, nowMs)).toMatchObject({
      retryAfterMs: 7_000,
    });
    expect(classify({ status: 200, body: '', retryAfter: '7' }, nowMs)).not.toHaveProperty('retryAfterMs');
  });

  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    [new Date(nowMs + 5_000).toUTCString(), 5_000],
    [new Date(nowMs - 5_000).toUTCString(), 0],
    ['-1', undefined],
    ['1.5', undefined],
    ['99999999999', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('Retry-After %j is %s ms', (value, expected) => {
    expect(parseRetryAfter(value, nowMs)).toBe(expected);
  });
});
