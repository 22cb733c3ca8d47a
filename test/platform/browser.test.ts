// What reaches a browser, seen by a program that stands in for one and writes down its arguments.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { browserCommands, createBrowser, openableHref } from '../../src/platform/browser.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

type Stub = { path: string; argv: () => string[][]; env: () => string };

function createStub(folder: string, name: string, exitCode = 0): Stub {
  const path = join(folder, name);
  const log = `${path}.argv`;
  writeFileSync(
    path,
    `#!/bin/sh\nprintf '%s\\n' "$@" >> '${log}'\necho -- >> '${log}'\nenv > '${path}.env'\nexit ${exitCode}\n`,
  );
  chmodSync(path, 0o755);
  return {
    path,
    argv: () =>
      existsSync(log)
        ? readFileSync(log, 'utf8')
            .split('--\n')
            .slice(0, -1)
            .map((call) => call.split('\n').slice(0, -1))
        : [],
    env: () => readFileSync(`${path}.env`, 'utf8'),
  };
}

const open = (browser: string, url: string, env: Record<string, string> = {}) =>
  createBrowser({ PATH: process.env['PATH'], ...env, BROWSER: browser }).open(url);

describe('the browser', () => {
  it.each([
    ['https://platform.minimax.io/oauth-authorize?user_code=A-B&client=x', true],
    ['http://127.0.0.1:4123/page', true],
    ['http://[::1]:4123/page', true],
    ['http://localhost:4123/page', false],
    ['http://127.0.0.1.evil.example/', false],
    ['http://platform.minimax.io/', false],
    ['https://user@platform.minimax.io/', false],
    ['https://:secret@platform.minimax.io/', false],
    ['file:///etc/passwd', false],
    ['javascript:alert(1)', false],
    ['data:text/html,x', false],
    ['--version', false],
    ['-h', false],
    ['', false],
    ['/etc/passwd', false],
  ])('T2: %s is opened: %s', async (url, isOpened) => {
    const stub = createStub(tempFolder(), 'browser');
    expect(await open(stub.path, url)).toBe(isOpened);
    expect(stub.argv()).toEqual(isOpened ? [[url]] : []);
  });

  it('T2: an address is handed on in its parsed form, as one argument that no shell reads', async () => {
    const stub = createStub(tempFolder(), 'browser');
    const url = 'HTTPS://Platform.MiniMax.io/a b;$(id)`id`"&x=\'%s\t\n';
    expect(await open(stub.path, url)).toBe(true);
    expect(stub.argv()).toEqual([[openableHref(url)]]);
    expect(stub.argv()[0]?.[0]).toMatch(/^https:\/\/platform\.minimax\.io\/a%20b;/);
  });

  it('takes BROWSER with arguments, quotes, %s and several programs in turn', async () => {
    const folder = join(tempFolder(), 'with space');
    mkdirSync(folder);
    const fails = createStub(folder, 'fails', 3);
    const works = createStub(folder, 'works');
    const after = createStub(folder, 'after');
    const url = 'https://platform.minimax.io/';
    expect(
      await open(`/nonexistent/x:'${fails.path}' --new:"${works.path}" -u=%s 'a b':${after.path}`, url),
    ).toBe(true);
    expect(fails.argv()).toEqual([['--new', url]]);
    expect(works.argv()).toEqual([[`-u=${url}`, 'a b']]);
    expect(after.argv()).toEqual([]);
    expect(await open(after.path, url)).toBe(true);
    expect(browserCommands('C:\\x\\b.exe %s', url, 'win32')).toEqual([['C:\\x\\b.exe', url]]);
    expect(browserCommands('', url, 'linux')).toEqual([]);
  });

  it('says so when there is nothing to open it with', async () => {
    const url = 'https://platform.minimax.io/';
    const fails = createStub(tempFolder(), 'fails', 3);
    expect(await open(fails.path, url)).toBe(false);
    expect(await open('/nonexistent/browser', url)).toBe(false);
    expect(await open('none', url)).toBe(false);
    expect(await createBrowser({}, { platform: 'linux' }).open(url)).toBe(false);
  });

  it('counts a program that goes on running as opened, and does not wait for it', async () => {
    const folder = tempFolder();
    const path = join(folder, 'stays');
    writeFileSync(path, `#!/bin/sh\necho $$ > '${folder}/pid'\nexec sleep 60\n`);
    chmodSync(path, 0o755);
    const clock = createFakeClock();
    const opened = createBrowser({ PATH: process.env['PATH'], BROWSER: path }, { clock }).open(
      'https://a.example/',
    );
    await expect
      .poll(() => existsSync(join(folder, 'pid')) && readFileSync(join(folder, 'pid'), 'utf8'))
      .toMatch(/\d\n/);
    await clock.advance(2_000);
    expect(await opened).toBe(true);
    process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')));
  });

  it('S1: gets no variable that names a secret', async () => {
    const stub = createStub(tempFolder(), 'browser');
    await open(stub.path, 'https://a.example/', {
      MINIMAX_API_KEY: 'x1',
      OPENCLAW_PASSPHRASE: 'x2',
      DISPLAY: ':7',
    });
    expect(stub.env()).toContain('DISPLAY=:7');
    expect(stub.env()).not.toMatch(/MINIMAX_API_KEY|PASSPHRASE/);
  });
});
