// Who is asked before a login takes the place of another one that works, and what the answers lead to.
import { describe, expect, it } from 'vitest';
import { nameBeside } from '../../src/cli/login-name.ts';
import { checkProfileId } from '../../src/cli/login-session.ts';
import { OpenClawError } from '../../src/errors.ts';
import type { ProfileRecord } from '../../src/store/credential-store.ts';
import { oauthCredential } from '../support/credentials.ts';
import { loginRecord, nowMs } from '../support/status-facts.ts';

const cn = 'minimax-portal:cn';
const { email: _email, accountId: _accountId, ...anonymous } = oauthCredential();

async function named(
  former: Partial<ProfileRecord> | undefined,
  account: string | undefined,
  answers: (string | OpenClawError)[],
  savedMeanwhile?: string,
) {
  const asked: string[] = [];
  const answer = (message: string): Promise<string> => {
    asked.push(message);
    const next = answers.shift();
    if (savedMeanwhile !== undefined && next === 'keep') records.push(loginRecord({ id: savedMeanwhile }));
    return typeof next === 'string'
      ? Promise.resolve(next)
      : Promise.reject(next ?? new Error(`asked: ${message}`));
  };
  const records = [loginRecord(), ...(former === undefined ? [] : [loginRecord({ id: cn, ...former })])];
  const name = await nameBeside(
    {
      prompter: { select: ({ message }) => answer(message), text: ({ message }) => answer(message) },
      records: () => Promise.resolve(records),
      nowMs: () => nowMs,
      check: (id) => checkProfileId(id, { provider: 'minimax-portal' }),
      tell: (text) => void asked.push(text),
    },
    cn,
    account === undefined ? anonymous : { ...anonymous, accountId: account },
  );
  return { name, asked };
}

describe('a new login', () => {
  it.each<[string, Partial<ProfileRecord> | undefined, string | undefined]>([
    ['where there is none of its name', undefined, 'a'],
    ['of the same account', { account: 'a' }, 'a'],
    ['in place of one that is dead', { account: 'b', dead: { atMs: 1, reason: 'refused' } }, 'a'],
    ['in place of one that is over for good', { refreshable: false, expiresAtMs: nowMs - 1 }, 'a'],
  ])('%s has its usual name, unasked', async (_, former, account) => {
    expect(await named(former, account, [])).toEqual({ name: cn, asked: [] });
  });

  it.each<[string, Partial<ProfileRecord>, string | undefined, string]>([
    [
      'another account',
      { account: 'b@x.example' },
      'a',
      `${cn} (account b@x.example) is there already, and works`,
    ],
    ['an account that nobody told', {}, 'a', `${cn} is there already, and works`],
    [
      'itself of no known account',
      { account: 'b' },
      undefined,
      `${cn} (account b) is there already, and works`,
    ],
  ])('in place of %s is asked about', async (_, former, account, question) => {
    expect(await named(former, account, ['replace'])).toEqual({ name: cn, asked: [question] });
  });

  it('is kept beside the other under a name that is one, and free', async () => {
    const { name, asked } = await named({}, 'a', ['keep', 'a b', 'default', 'other:x', ' second ']);
    expect(name).toBe('minimax-portal:second');
    expect(asked).toEqual([
      `${cn} is there already, and works`,
      'A name for the new login',
      expect.stringContaining('"minimax-portal:a b" is not a name for a login'),
      'A name for the new login',
      'minimax-portal:default is there already: give another name.',
      'A name for the new login',
      expect.stringContaining('"other:x" is not a name for a login'),
      'A name for the new login',
    ]);
  });

  it('is kept under a free name where nobody answers, or the question is left', async () => {
    const left = new OpenClawError({ code: 'INTERRUPTED', message: 'Cancelled.' });
    const { name, asked } = await named({}, 'a', [left]);
    expect(name).toBe('minimax-portal:cn-2');
    expect(asked.at(-1)).toBe(
      'Not answered: the new login is kept as minimax-portal:cn-2, and minimax-portal:cn stays.',
    );
    expect((await named({}, 'a', ['keep', left])).name).toBe('minimax-portal:cn-2');
  });

  it('takes no name that another login was given while this one was asked about', async () => {
    const { name, asked } = await named({}, 'a', ['keep', 'late', 'other'], 'minimax-portal:late');
    expect(name).toBe('minimax-portal:other');
    expect(asked).toContain('minimax-portal:late is there already: give another name.');
  });
});
