// Where the session bus lies, and a connection to one: a real dbus-daemon, and buses that refuse, babble, go away or send
// what no real bus would pass on. The real service behind it is met in keychain-drivers.test.ts and keychain-states.test.ts.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { asyncProperty, array, assert, constantFrom, nat, oneof, tuple } from 'fast-check';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { createChildKeychain } from '../../src/vault/child-keychain.ts';
import { connectToBus, isDbusFailure } from '../../src/vault/dbus-connection.ts';
import type { DbusConnection } from '../../src/vault/dbus-connection.ts';
import { findSessionBus, socketsOf } from '../../src/vault/session-bus.ts';
import { message, reply, signature, startFakeBus, text, u32 } from '../support/fake-bus.ts';
import type { FakeAnswer, FakeCall } from '../support/fake-bus.ts';
import { installHelper, isSystemRequired } from '../support/keychain-drivers.ts';
import { missingPrograms } from '../support/secret-service.ts';
import { tempFolder } from '../support/temp-folder.ts';

describe('the session bus', () => {
  it('is the one that is named, or the one in the runtime folder, and never a new one', async () => {
    const folder = tempFolder();
    const runtime = { XDG_RUNTIME_DIR: folder };
    expect(findSessionBus({})).toBeUndefined();
    expect(findSessionBus(runtime)).toBeUndefined();
    mkdirSync(join(folder, 'bus'));
    expect(findSessionBus(runtime)).toBeUndefined();
    expect(findSessionBus({ ...runtime, DBUS_SESSION_BUS_ADDRESS: ' unix:path=/x ' })).toBe('unix:path=/x');
    for (const starting of ['autolaunch:', 'unixexec:path=/bin/sh,argv1=-c', 'autolaunch:;unixexec:path=/b'])
      expect(findSessionBus({ ...runtime, DBUS_SESSION_BUS_ADDRESS: starting })).toBeUndefined();
    expect(
      findSessionBus({ DBUS_SESSION_BUS_ADDRESS: 'autolaunch:;tcp:port=1;unix:path=/x;autolaunch:' }),
    ).toBe('tcp:port=1;unix:path=/x');
    const odd = tempFolder();
    const server = createServer().listen(join(odd, 'bus'));
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const address = findSessionBus({ XDG_RUNTIME_DIR: odd }) ?? '';
    expect(socketsOf(address, {})).toEqual([join(odd, 'bus')]);
  });

  it.each([
    ['unix:path=/run/user/1000/bus,guid=abc', ['/run/user/1000/bus']],
    ['unix:path=/a%20b%2cc%c3%bc', ['/a b,cü']],
    ['unix:abstract=a-bus,guid=1', ['\0a-bus']],
    ['unix:runtime=yes', ['/run/here/bus']],
    ['tcp:host=127.0.0.1,port=9;unix:path=/b', ['/b']],
    ['tcp:host=127.0.0.1,port=9', []],
    ['launchd:env=A;disabled:', []],
  ])('%s lies at %j', (address, sockets) => {
    expect(socketsOf(address, { XDG_RUNTIME_DIR: '/run/here' })).toEqual(sockets);
  });
});

const asked = { destination: 'a.b', path: '/a', interface: 'a.b', member: 'Ask' } as const;
const daemon = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;

async function connected(sockets: readonly string[]): Promise<DbusConnection> {
  const connection = await connectToBus(sockets);
  onTestFinished(() => connection.close());
  return connection;
}

describe.each(['path', 'abstract'])('a connection to a real bus at unix:%s', (kind) => {
  it('asks, is answered, hears signals and learns the names of errors', async (context) => {
    const missing = process.platform === 'linux' ? missingPrograms(['dbus-daemon']) : ['Linux'];
    if (missing.length > 0 && !isSystemRequired) return context.skip('needs the Debian package dbus-daemon');
    const address = `--address=unix:${kind}=${join(tempFolder(), 'bus')}`;
    const bus = spawn('dbus-daemon', ['--session', '--nofork', '--nopidfile', '--print-address', address], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void bus.kill('SIGKILL'));
    const [said] = (await once(createInterface({ input: bus.stdout }), 'line')) as [string];
    const sockets = socketsOf(said, {});

    const connection = await connected(sockets);
    const changes: unknown[] = [];
    const gone = new Promise<void>((resolve) => {
      void connection.watch({ ...daemon, member: 'NameOwnerChanged' }, (values) => {
        changes.push(values);
        if (values[2] === '') resolve();
      });
    });
    const other = await connected(sockets);
    const names = await connection.call({ ...daemon, member: 'ListNames' });
    expect(names).toEqual([['org.freedesktop.DBus', ':1.0', ':1.1']]);
    other.close();
    await gone;
    expect(changes).toContainEqual([':1.1', '', ':1.1']);
    expect(changes.at(-1)).toEqual([':1.1', ':1.1', '']);

    const ask = { ...daemon, signature: 's', body: ['a.b'] };
    await expect(connection.call({ ...ask, member: 'GetNameOwner' })).rejects.toMatchObject({
      dbusName: 'org.freedesktop.DBus.Error.NameHasNoOwner',
    });
    await expect(connection.call(asked)).rejects.toMatchObject({
      dbusName: 'org.freedesktop.DBus.Error.ServiceUnknown',
    });
    const beyond = { ...ask, member: 'GetNameOwner', body: ['a.b'.repeat(1_000_000)] };
    await expect(connection.call(beyond)).rejects.toSatisfy(isDbusFailure);
  });
});

const error = (call: FakeCall, name: string, said: string): Buffer =>
  message(
    'error',
    {
      replySerial: ['u', u32(call.serial)],
      errorName: ['s', text(name)],
      signature: ['g', signature('s')],
    },
    text(said),
  );
const greeted =
  (answer: FakeAnswer): FakeAnswer =>
  (call) =>
    call.isHello ? reply(call, 's', text(':1.1')) : answer(call);

describe('a connection', () => {
  it('takes the first bus that listens, waits for its answers for as long as it takes, in any order', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const waiting: FakeCall[] = [];
    const asking = Promise.withResolvers<void>();
    const path = await startFakeBus(
      greeted((call) => {
        if (call.has('Nameless')) return message('error', { replySerial: ['u', u32(call.serial)] });
        if (call.has('Fail')) return error(call, 'a.b.Broken', 'it \u001b[31mbroke');
        waiting.push(call);
        asking.resolve();
        const [first, second] = waiting;
        if (first === undefined || second === undefined) return Buffer.alloc(0);
        return Buffer.concat([reply(second, 's', text('second')), reply(first, 's', text('first'))]);
      }),
    );
    const connection = await connected(['/nonexistent/bus', path]);
    const first = connection.call(asked);
    await asking.promise;
    vi.advanceTimersByTime(3_600_000);
    expect(await Promise.all([first, connection.call(asked)])).toEqual([['first'], ['second']]);
    await expect(connection.call({ ...asked, member: 'Fail' })).rejects.toMatchObject({
      dbusName: 'a.b.Broken',
      message: 'it broke',
    });
    await expect(connection.call({ ...asked, member: 'Nameless' })).rejects.toMatchObject({
      dbusName: 'nameless',
    });
  });

  it('sends nothing that no bus would take, and goes on', async () => {
    const path = await startFakeBus(greeted((call) => reply(call, 'b', u32(1))));
    const connection = await connected([path]);
    await expect(connection.call({ ...asked, path: 'no path' })).rejects.toMatchObject({
      dbusName: 'unsendable',
    });
    expect(await connection.call(asked)).toEqual([true]);
  });

  it('hears of a signal only what it asked for', async () => {
    const signal = (path: string, member: string): Buffer =>
      message('signal', {
        path: ['o', text(path)],
        interface: ['s', text('a.b')],
        member: ['s', text(member)],
      });
    const path = await startFakeBus(
      greeted((call) =>
        Buffer.concat([
          signal('/other', 'Done'),
          signal('/a', 'Other'),
          signal('/a', 'Done'),
          reply(call, 's', text('')),
        ]),
      ),
    );
    const connection = await connected([path]);
    const heard: unknown[] = [];
    await connection.watch({ ...asked, member: 'Done' }, (values) => heard.push(values));
    expect(heard).toEqual([[]]);
  });

  it.each<[string, FakeAnswer]>([
    ['goes away', () => undefined],
    ['talks rubbish', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['announces more than anybody keeps', () => Buffer.from('6c020001000020000100000000000000', 'hex')],
    ['nests without end', (call) => reply(call, 'v', Buffer.from('\u0001v\0'.repeat(100_000)))],
    [
      'gives the name of an error another type',
      (call) =>
        message('error', {
          replySerial: ['u', u32(call.serial)],
          errorName: ['a{sv}', Buffer.concat([u32(12), Buffer.alloc(4), text('toString'), signature('s')])],
        }),
    ],
    ['answers by a name', () => message('return', { replySerial: ['s', text('__proto__')] })],
  ])('to a bus that %s is over for everybody who waits', async (_, answer) => {
    const connection = await connected([await startFakeBus(greeted(answer))]);
    const failure = { dbusName: 'unreachable' };
    await Promise.all(
      [connection.call(asked), connection.call(asked)].map((call) =>
        expect(call).rejects.toMatchObject(failure),
      ),
    );
    await expect(connection.call(asked)).rejects.toMatchObject(failure);
  });

  it('is refused by a bus of somebody else, and not there where nobody listens', async () => {
    const rejecting = await startFakeBus(() => undefined, 'REJECTED EXTERNAL');
    await expect(connectToBus([rejecting])).rejects.toMatchObject({ dbusName: 'refused' });
    const denying = await startFakeBus((call) =>
      error(call, 'org.freedesktop.DBus.Error.AccessDenied', 'no'),
    );
    await expect(connectToBus([denying])).rejects.toMatchObject({
      dbusName: 'org.freedesktop.DBus.Error.AccessDenied',
    });
    const leaving = await startFakeBus(() => undefined);
    await expect(connectToBus([leaving])).rejects.toMatchObject({ dbusName: 'unreachable' });
    await expect(connectToBus(['/nonexistent/bus'])).rejects.toMatchObject({ dbusName: 'unreachable' });
    await expect(connectToBus([])).rejects.toMatchObject({ dbusName: 'unreachable' });
  });

  it('survives any damaged answer: it is read, or fails as what it is', async () => {
    const item = text('/items/7');
    const answers: FakeAnswer[] = [
      (call) => reply(call, 'aoao', Buffer.concat([u32(item.length), item, u32(0)])),
      (call) => reply(call, 'v', Buffer.concat([signature('b'), Buffer.alloc(1), u32(1)])),
      (call) => error(call, 'a.b.C', 'no'),
      () =>
        message('call', {
          path: ['o', text('/')],
          interface: ['s', text('org.freedesktop.DBus.Properties')],
          member: ['s', text('Get')],
        }),
    ];
    const path = await startFakeBus((call) => next(call));
    let next: FakeAnswer = () => undefined;
    const damages = array(tuple(nat(), oneof(nat(255), constantFrom(...Buffer.from('a()r{}v\0')))), {
      minLength: 1,
      maxLength: 3,
    });
    await assert(
      asyncProperty(nat(answers.length - 1), damages, async (which, places) => {
        next = greeted((call) => {
          // What comes after the damaged answer ends the wait for it.
          if (call.has('Last')) return undefined;
          const bytes = answers[which]?.(call) ?? Buffer.alloc(0);
          for (const [place, byte] of places) bytes[place % bytes.length] = byte;
          return bytes;
        });
        const connection = await connectToBus([path]);
        const outcomes = await Promise.allSettled([
          connection.call(asked),
          connection.call({ ...asked, member: 'Last' }),
        ]);
        connection.close();
        for (const outcome of outcomes)
          if (outcome.status === 'rejected') expect(outcome.reason).toSatisfy(isDbusFailure);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the helper as it is published', () => {
  beforeEach((context) => {
    if (process.platform !== 'linux') context.skip('the Secret Service is of Linux');
  });
  const emptyElements = Buffer.concat([u32(8), Buffer.alloc(12)]);

  it.each<[string, FakeAnswer]>([
    ['an array of structures without members', (call) => reply(call, 'a()', emptyElements)],
    ['an array of dictionary entries without members', (call) => reply(call, 'a{}', emptyElements)],
    ['an array of the reserved type', (call) => reply(call, 'ar', emptyElements)],
    [
      'a variant with such an array',
      (call) => reply(call, 'v', Buffer.concat([signature('a()'), Buffer.alloc(3), emptyElements])),
    ],
  ])('does not read %s for ever', async (_, answer) => {
    const helper = await installHelper(['@napi-rs']);
    onTestFinished(() => helper.remove());
    const env = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${await startFakeBus(greeted(answer))}` };
    const deps = { clock: systemClock, random: systemRandom, deadlineMs: 20_000, childUrl: helper.url };
    await expect(createChildKeychain({ ...deps, env }).get('a')).rejects.toMatchObject({
      code: 'KEYCHAIN_UNAVAILABLE',
      message: expect.stringContaining('a D-Bus structure has no members') as string,
      data: { state: 'no-bus' },
    });
  });
});
