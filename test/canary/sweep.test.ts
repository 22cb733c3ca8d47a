// The search for secrets finds them: every kind, in every spelling, and in a run of tests as a whole.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createTokenFamilies } from '../../extensions/minimax-portal-auth/simulator/token-families.ts';
import { makeGatewayToken } from '../../src/gateway/gateway-token.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { createMarkSearch, createSearch } from '../support/canaries.ts';

const { accessToken, refreshToken } = createTokenFamilies('cn').grant('client', 'scope', 1_000, 0);
const everyByte = (value: string): string =>
  [...Buffer.from(value)].map((byte) => `%${byte.toString(16).toUpperCase()}`).join('');

const spellings: [string, (value: string) => string | Buffer][] = [
  ['plain', (value) => value],
  ['in a line', (value) => `Authorization: Bearer ${value}\r\n`],
  ['hex', (value) => Buffer.from(value).toString('hex')],
  ['hex in capitals', (value) => Buffer.from(value).toString('hex').toUpperCase()],
  ['percent-encoded', everyByte],
  ['base64', (value) => Buffer.from(value).toString('base64')],
  ['base64, one behind', (value) => Buffer.from(`:${value}`).toString('base64')],
  ['base64, two behind', (value) => Buffer.from(`a:${value}:`).toString('base64')],
  ['base64url', (value) => Buffer.from(`{"t":"${value}"}`).toString('base64url')],
  ['UTF-16', (value) => Buffer.from(value, 'utf16le')],
  [
    'among other bytes',
    (value) => Buffer.concat([randomBytes(4_096), Buffer.from(value), randomBytes(4_096)]),
  ],
];

describe('a marked secret', () => {
  const secrets = [accessToken, refreshToken ?? '', makeGatewayToken(systemRandom), 'canary7f3a-access-1'];
  it.each(spellings)('is found: %s', (_how, spell) => {
    for (const secret of secrets)
      expect(createMarkSearch()(Buffer.from(spell(secret) as string))).toHaveLength(1);
  });

  it('is left alone where it may be, and nothing else is', () => {
    const search = createMarkSearch(['ocgw-']);
    const both = Buffer.from(`${makeGatewayToken(systemRandom)} ${accessToken}`);
    expect(search(both)).toMatchObject([{ secret: "a simulator's access token" }]);
  });

  it('is not seen in the source that makes one, nor in noise', () => {
    const source = new URL(
      '../../extensions/minimax-portal-auth/simulator/token-families.ts',
      import.meta.url,
    );
    expect(createMarkSearch()(readFileSync(source))).toEqual([]);
    expect(createMarkSearch()(randomBytes(4 * 1024 * 1024))).toEqual([]);
  });
});

describe('a known value', () => {
  it.each(spellings)('is found: %s', (_how, spell) => {
    const value = 'p@ss/word+with "all" kinds';
    const search = createSearch({ value, other: 'something else' });
    const found = search(Buffer.from(spell(value) as string));
    expect(new Set(found.map(({ secret }) => secret))).toEqual(new Set(['value']));
  });

  it('is found in a URL and in JSON', () => {
    const value = 'p@ss/word+with "all" kinds';
    const search = createSearch({ value });
    expect(search(Buffer.from(`?t=${encodeURIComponent(value)}`))).toMatchObject([
      { spelling: 'percent-encoded' },
    ]);
    expect(search(Buffer.from(JSON.stringify({ value })))).toMatchObject([{ spelling: 'JSON' }]);
  });

  it('is found when it is raw bytes', () => {
    const key = randomBytes(32);
    const search = createSearch({ key });
    for (const content of [key, Buffer.from(key.toString('hex')), Buffer.from(key.toString('base64url'))])
      expect(search(Buffer.concat([randomBytes(99), content]))).not.toEqual([]);
    expect(search(randomBytes(1024))).toEqual([]);
  });
});

it('a run of tests fails for each leak, says where it is, and closes with their number', async () => {
  const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--config', 'test/canary/planted.config.ts'], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const said = stripVTControlCharacters(out + err);
  expect(code).toBe(1);
  for (const place of [
    "a simulator's refresh token (plain, offset 100000) in the file state/auth/crash.log",
    "a simulator's refresh token (base64, offset 0) in the file closed",
    "a unit test's secret (plain, offset",
    "a simulator's refresh token (plain, offset 0) in stdout of openclaw auth status",
    "a simulator's refresh token (plain, offset 0) in stderr of openclaw auth status",
  ])
    expect(said).toContain(place);
  expect(said).toMatch(/\ncanaries: 5 found in 4 files and 5 outputs \(\d+ KB\)\n/);
  expect(said).toMatch(/\n1 passed, 5 failed\n/);
});
