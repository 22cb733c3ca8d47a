// What is taken out of foreign text, and what stays.
import { describe, expect, it } from 'vitest';
import { OpenClawError, toOpenClawError } from '../src/errors.ts';
import { withoutSecrets, withoutTokens } from '../src/redaction.ts';
import { foreignText } from '../src/platform/text.ts';

const secret = 'tok/en+with="odd" é signs 0123456789';

describe('a known secret', () => {
  it.each([
    ['as it is', secret],
    ['in a URL', `https://x.example/?t=${encodeURIComponent(secret)}&u=1`],
    ['in JSON', JSON.stringify({ secret })],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64 behind one byte', Buffer.from(`x${secret}y`).toString('base64')],
    ['in base64 behind two bytes', Buffer.from(`xx${secret}`).toString('base64')],
    ['in hexadecimal', Buffer.from(secret).toString('hex')],
    ['in hexadecimal of capital letters', Buffer.from(`<${secret}>`).toString('hex').toUpperCase()],
    ['in base64url', Buffer.from(`:${secret}`).toString('base64url')],
    ['twice', `${secret}${secret}`],
  ])('goes: %s', (_how, text) => {
    const shown = withoutSecrets(text, ['another-secret', secret]);
    expect(shown).toContain('[redacted]');
    expect(shown).not.toMatch(/tok.?en|odd|0123456789|b2Rk|MDEyMzQ1Njc4|6f6464|303132333435/i);
  });

  it('that is short could be any word, and stays', () => {
    expect(withoutSecrets('AB-CD and no', ['AB-CD', '', 'no'])).toBe('AB-CD and no');
  });
});

describe('what looks like a token', () => {
  it.each([
    ['sim-at-g0123456789abcdefghijklmnopqrstuvwxyz'],
    [
      'eyJhbGciOiJIUzI1NiJ9aaaaaaaaa.eyJzdWIiOiIxMjM0NTY3ODkwIn0aaa.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
    ],
    ['0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'],
    ['sk-api03-abcdefghijklmnopqrstuvwxyz'],
    ['AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKlMnOpQrStUvWx'],
    ['%73%69%6d%2d%61%74%2d%67%30'],
    ['Bearer abcd.efgh~1'],
  ])('%s is masked', (token) => {
    const shown = withoutTokens(`failed with ${token}: try again`);
    expect(shown).toMatch(/^failed with (Bearer )?\[redacted\][.[\]redacted]*: try again$/);
  });

  it.each([
    ['ENOENT: no such file or directory, open "/home/someone/.openclaw/auth/credentials.sqlite"'],
    [
      'Cannot find package "@napi-rs/keyring-linux-x64-gnu" imported from /usr/lib/node_modules/openclaw/dist/main.js',
    ],
    ['trace 123e4567-e89b-12d3-a456-426614174000'],
    ['request 0123456789abcdef0123456789abcdef'],
    ['https://platform.minimax.io/oauth-authorize?user_code=ABCD-EFGH&client=OpenClaw'],
    ['SELF_SIGNED_CERT_IN_CHAIN or UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['TypeError: Cannot read properties of undefined (reading "access_token")'],
    ['2026-11-21T05:15:35.000Z'],
  ])('%s stays', (text) => {
    expect(withoutTokens(text)).toBe(text);
  });

  it('is gone before a text is cut to length', () => {
    const token = 'a1'.repeat(40);
    expect(foreignText(`${'word '.repeat(10)}${token}`, [], 60)).not.toContain('a1');
    expect(foreignText(`${'word '.repeat(10)}${secret}`, [secret], 60)).not.toContain('tok');
  });

  const known = 'sk-ant-Kx09';
  it.each([
    ['colours', '\u001b[1msk-ant\u001b[0m-Kx09'],
    ['a colour between all letters', Array.from(known).join('\u001b[31m')],
    ['a title of the window', 'sk-\u001b]0;title\u0007ant-Kx09'],
    ['a link', 'sk-ant\u001b]8;;https://x.example\u001b\\-Kx09'],
    [
      'a move of the cursor, in hexadecimal',
      Buffer.from(`${known}-long`).toString('hex').replace('2d', '2\u001b[Cd'),
    ],
  ])('is gone where it is put together by what is cleaned away: %s', (_how, said) => {
    expect(foreignText(`bad key ${said}!`, [`${known}-long`, `${known} `])).toMatch(/./);
  });
});

describe('an error that is not ours', () => {
  const token = 'sim-at-g0123456789abcdefghijklmnopqrstuvwxyz';
  const thrown: [string, unknown][] = [
    ['a message', new TypeError(`no ${token}`)],
    ['a cause', new Error('no', { cause: new Error(token) })],
    ['properties', Object.assign(new Error('no'), { headers: { authorization: `Bearer ${token}` } })],
    ['several', new AggregateError([new Error(token)], 'no')],
    ['a string', token],
    ['an object', { access: token }],
    ['an object that has no text', Object.create(null)],
    ['a symbol', Symbol(token)],
    ['an error whose message is none', Object.assign(new Error('x'), { message: { token } })],
    [
      'an error that fights back',
      Object.defineProperty(new Error('x'), 'message', {
        get: () => {
          throw new Error(token);
        },
      }),
    ],
    ['nothing', undefined],
  ];
  it.each(thrown)('becomes INTERNAL without its secret: %s', (_what, value) => {
    const error = toOpenClawError(value);
    expect(error).toBeInstanceOf(OpenClawError);
    expect(error.code).toBe('INTERNAL');
    expect(error.message).toMatch(/^Unexpected failure: ./);
    expect(error.cause).toBeUndefined();
    expect(JSON.stringify(error) + String(error.stack)).not.toContain(token);
  });
});
