// The shapes that the gateway writes itself, held against the Messages API.
import { describe, expect, it } from 'vitest';
import { OpenClawError } from '../../src/errors.ts';
import { anthropicErrorOf, errorBody, errorEvent, errorTypeOf, modelList } from '../../src/wire/anthropic.ts';

describe('errors in the shape of the Messages API', () => {
  it.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [405, 'invalid_request_error'],
    [413, 'request_too_large'],
    [421, 'invalid_request_error'],
    [429, 'rate_limit_error'],
    [431, 'invalid_request_error'],
    [500, 'api_error'],
    [502, 'api_error'],
    [503, 'api_error'],
    [529, 'overloaded_error'],
  ])('status %i is %s', (status, type) => {
    expect(errorTypeOf(status)).toBe(type);
  });

  it('carries what happened and what to do', () => {
    const error = anthropicErrorOf(
      new OpenClawError({ code: 'LOGIN_DEAD', message: 'The login is dead', data: { profileId: 'p:1' } }),
    );
    expect(error).toEqual({
      type: 'authentication_error',
      message: 'The login is dead. Log in again: `openclaw auth login --profile-id p:1`.',
    });
    expect(JSON.parse(errorBody(error, 'req_1'))).toEqual({ type: 'error', error, request_id: 'req_1' });
    expect(JSON.parse(errorBody(error))).toEqual({ type: 'error', error });
  });

  it('ends a stream with one event, whatever the message holds', () => {
    const text = errorEvent({ type: 'api_error', message: 'cut\n\ndata: forged' }, 'req_1');
    expect(text.match(/\n\n/g)).toHaveLength(1);
    expect(text.startsWith('event: error\ndata: {"type":"error"')).toBe(true);
    expect(text.endsWith('}\n\n')).toBe(true);
  });
});

describe('model list', () => {
  it('is one page', () => {
    const list = modelList([
      { id: 'p/a', displayName: 'A' },
      { id: 'p/b', displayName: 'B' },
    ]);
    expect(list).toMatchObject({ has_more: false, first_id: 'p/a', last_id: 'p/b' });
    expect(list['data']).toEqual([
      { type: 'model', id: 'p/a', display_name: 'A', created_at: '1970-01-01T00:00:00Z' },
      { type: 'model', id: 'p/b', display_name: 'B', created_at: '1970-01-01T00:00:00Z' },
    ]);
    expect(modelList([])).toEqual({ data: [], has_more: false, first_id: null, last_id: null });
  });
});
