// Where the gateway listens, what it asks for before it does so beyond loopback, and which names it then answers to.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isOpenClawError } from '../../src/errors.ts';
import { createAuthorityCheck } from '../../src/gateway/authority.ts';
import { createGateway, type Gateway } from '../../src/gateway/server.ts';
import { silentLog } from '../../src/platform/log.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createFakeCatalogue } from '../support/fake-catalogue.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeRandom } from '../support/fake-random.ts';
import { createFakeResolver } from '../support/fake-resolver.ts';
import { localUrl, readHostNames, resolveBind, type BindSettings } from '../../src/gateway/bind.ts';

const token = 'a-token-of-at-least-16';

function failure(act: () => unknown): { code: string; place: unknown; message: string } {
  try {
    act();
  } catch (error) {
    if (isOpenClawError(error))
      return { code: error.code, place: error.data['place'], message: error.message };
    throw error;
  }
  return expect.unreachable('nothing was thrown');
}

const bindTo = (bind: string | undefined, rest: Partial<BindSettings> = {}): string =>
  resolveBind({ bind, key: 'gateway.bind', ...rest });

describe('gateway.bind', () => {
  it.each([
    [undefined, '127.0.0.1'],
    ['', '127.0.0.1'],
    ['loopback', '127.0.0.1'],
    ['auto', '127.0.0.1'],
    ['localhost', '127.0.0.1'],
    ['127.0.0.2', '127.0.0.2'],
    ['::1', '::1'],
    ['[::1]', '::1'],
  ])('%s needs no token: %s', (bind, host) => {
    expect(bindTo(bind)).toBe(host);
  });

  it.each([
    ['lan', undefined, '0.0.0.0'],
    ['0.0.0.0', undefined, '0.0.0.0'],
    ['::', undefined, '::'],
    ['192.0.2.7', undefined, '192.0.2.7'],
    ['custom', '192.0.2.7', '192.0.2.7'],
    ['custom', '0.0.0.0', '0.0.0.0'],
  ])('%s %s is beyond loopback: with a token of its owner only', (bind, customBindHost, host) => {
    expect(bindTo(bind, { customBindHost, token })).toBe(host);
    const none = failure(() => bindTo(bind, { customBindHost }));
    expect(none).toMatchObject({ code: 'CONFIG_INVALID', place: 'gateway.bind' });
    expect(none.message).toContain(`gateway.bind makes the gateway answer other machines (${host})`);
    expect(failure(() => bindTo(bind, { customBindHost, token: 'x'.repeat(15) })).message).toContain(
      'fewer than 16 characters',
    );
  });

  it.each([
    ['tailnet', undefined, 'gateway.bind'],
    ['Lan', undefined, 'gateway.bind'],
    ['192.0.2', undefined, 'gateway.bind'],
    ['gateway.example', undefined, 'gateway.bind'],
    ['custom', undefined, 'gateway.customBindHost'],
    ['custom', 'here\u001b[31m', 'gateway.customBindHost'],
  ])('%s %s is refused, and nothing guessed', (bind, customBindHost, place) => {
    const error = failure(() => bindTo(bind, { customBindHost, token }));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', place });
    expect(error.message).not.toContain('\u001b');
  });
});

describe('the names that a gateway answers to', () => {
  const lan = { host: '0.0.0.0', port: 18_789 };
  const loopback = { host: '127.0.0.1', port: 18_789 };
  it.each([
    ['loopback', loopback, [], '127.0.0.1:18789', true],
    ['loopback', loopback, [], 'LOCALHOST:18789', true],
    ['loopback', loopback, [], '[::1]:18789', true],
    ['loopback', loopback, [], '127.0.0.1:8080', false],
    ['loopback', loopback, [], '192.0.2.7:18789', false],
    ['loopback', loopback, [], 'evil.example:18789', false],
    ['loopback', loopback, [], undefined, false],
    ['loopback, port 80', { host: '127.0.0.1', port: 80 }, [], 'localhost', true],
    ['a name', loopback, ['Box.local'], 'box.local', true],
    ['a name', loopback, ['box.local'], 'BOX.local:443', true],
    ['a name', loopback, ['box.local'], 'evil.box.local', false],
    ['a name', loopback, ['box.local'], 'box.local.evil.example', false],
    ['a name', loopback, ['box.local'], '192.0.2.7', false],
    ['a name with a port', loopback, ['box.local:443'], 'box.local:443', true],
    ['a name with a port', loopback, ['box.local:443'], 'box.local:444', false],
    ['lan', lan, [], '192.0.2.7:18789', true],
    ['lan', lan, [], '192.0.2.7:8080', true],
    ['lan', lan, [], '192.0.2.7', true],
    ['lan', lan, [], '[2001:db8::1]:18789', true],
    ['lan', lan, [], 'localhost:18789', true],
    ['lan', lan, [], 'localhost:8080', false],
    ['lan', lan, [], 'evil.example:18789', false],
    ['lan', lan, [], '192.0.2.7.evil.example', false],
    ['lan', lan, [], '1.2.3.4:80:80', false],
    ['lan', lan, [], '[evil]:18789', false],
    ['lan', lan, [], '', false],
    ['one address', { host: '192.0.2.7', port: 1 }, [], '192.0.2.7:1', true],
  ])('%s %o %o: %s is %s', (_name, bound, names, authority, expected) => {
    expect(createAuthorityCheck(bound, names)(authority)).toBe(expected);
  });

  it('are read from a variable', () => {
    expect(readHostNames(undefined)).toEqual([]);
    expect(readHostNames(' a.example, b.local:8080\n')).toEqual(['a.example', 'b.local:8080']);
    for (const wrong of ['https://a.example', '*.example', 'a/b']) {
      expect(failure(() => readHostNames(wrong))).toMatchObject({
        code: 'CONFIG_INVALID',
        place: 'OPENCLAW_GATEWAY_HOSTS',
      });
    }
  });
});

it.each([
  ['127.0.0.1', 'http://127.0.0.1:8'],
  ['0.0.0.0', 'http://127.0.0.1:8'],
  ['::', 'http://127.0.0.1:8'],
  ['192.0.2.7', 'http://192.0.2.7:8'],
  ['::1', 'http://[::1]:8'],
])('a gateway on %s is found from this machine at %s', (host, url) => {
  expect(localUrl(host, 8)).toBe(url);
});

describe('an address that cannot be had', () => {
  const gateway = (): Gateway =>
    createGateway({
      resolver: createFakeResolver('http://127.0.0.1:1'),
      catalogue: createFakeCatalogue(),
      token: new Secret(token),
      log: silentLog,
      clock: createFakeClock(),
      random: createFakeRandom(),
      env: {},
    });

  it('is said so, and no other is taken', async () => {
    await expect(gateway().listen({ host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'PORT_REFUSED',
      message: 'This machine has no address 192.0.2.1 to listen on',
    });
  });

  it('a restart does not keep an address that the configuration no longer has', async () => {
    const former = createServer().listen(0, '127.0.0.1');
    await once(former, 'listening');
    onTestFinished(() => void former.close());
    await expect(gateway().listen({ host: '::1', port: 0 }, former)).rejects.toMatchObject({
      code: 'PORT_REFUSED',
      message: expect.stringContaining('listens on 127.0.0.1 and is to listen on ::1') as string,
    });
  });
});
