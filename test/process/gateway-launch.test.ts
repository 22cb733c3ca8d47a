// What passes between a gateway and the process that starts it: a passphrase, and the word to systemd that it is ready.
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { launchGateway, type LaunchSpec } from '../../src/cli/gateway-launch.ts';
import { createBackgroundHome, gone, pidOf, type BackgroundHome } from '../support/background-gateway.ts';
import { createFakeContext } from '../support/fake-context.ts';

function launch(home: BackgroundHome, spec: Partial<LaunchSpec>): ReturnType<typeof launchGateway> {
  const { context } = createFakeContext({ env: home.env, homeDir: home.folder });
  return launchGateway(context, {
    args: ['gateway', 'run', '--log-file', '--launched', 'start'],
    welcome: { mode: 'background', canAsk: spec.ask !== undefined },
    streams: ['ignore', 'ignore'],
    timeoutMs: 20_000,
    signal: context.signal,
    ...spec,
  });
}

const passphrase = 'correct horse battery';

describe('a store that a passphrase opens', () => {
  const env = { OPENCLAW_AUTH_STORAGE: 'passphrase', OPENCLAW_GATEWAY_TOKEN: '' };

  it('is opened by one that a person gave, over the pipe; the next process is told it', async () => {
    const home = await createBackgroundHome(undefined, env);
    const asked: string[] = [];
    const { pid } = await launch(home, {
      ask: ({ purpose }) => {
        asked.push(purpose);
        return Promise.resolve(passphrase);
      },
    });
    expect(asked).toEqual(['new']);
    expect(await home.json(['gateway', 'restart'])).toMatchObject({ code: 0, value: { former_pid: pid } });
    await gone(pid);
    for (const file of ['cmdline', 'environ'].map((name) => `/proc/${pidOf(home)}/${name}`)) {
      if (existsSync(file)) expect(readFileSync(file, 'latin1')).not.toContain(passphrase);
    }
    expect(readFileSync(home.files.log, 'utf8')).not.toContain(passphrase);
  });

  it('is not opened where nobody can be asked, and that is said', async () => {
    const home = await createBackgroundHome(undefined, env);
    expect((await home.json(['gateway', 'start'])).value['error']).toMatchObject({
      code: 'PASSPHRASE_REQUIRED',
      remedy: expect.stringContaining('OPENCLAW_PASSPHRASE_FILE'),
    });
  });
});

describe('the start', () => {
  it('ends with who asked for it, and leaves nothing behind', async () => {
    const home = await createBackgroundHome();
    const interrupt = new AbortController();
    const reason = new Error('Ctrl-C');
    const launched = launch(home, { signal: interrupt.signal });
    interrupt.abort(reason);
    await expect(launched).rejects.toThrow('Ctrl-C');
    expect((await home.json(['gateway', 'status'])).value['error']).toMatchObject({
      code: 'GATEWAY_NOT_RUNNING',
    });
  });
});

describe.runIf(process.platform === 'linux')('systemd', () => {
  it('is told when it is ready, and who is the main process after a restart', async () => {
    const home = await createBackgroundHome();
    const tools = join(home.folder, 'bin');
    const heard = join(home.folder, 'heard');
    mkdirSync(tools);
    writeFileSync(join(tools, 'systemd-notify'), `#!/bin/sh\necho "$@" >> ${heard}\n`, { mode: 0o700 });
    const running = home.start(['gateway', 'run', '--json'], {
      NOTIFY_SOCKET: '/run/notify',
      PATH: `${tools}:${process.env['PATH'] ?? ''}`,
    });
    const { url } = JSON.parse(await running.line('stdout', /"url"/)) as { url: string };
    const first = once(running.child, 'exit');
    const { value } = await home.json(['gateway', 'restart']);
    // It has told systemd of the other process, and need not stand in for it.
    expect(await first).toEqual([0, null]);
    expect(readFileSync(heard, 'utf8').split('\n')).toEqual([
      `--ready MAINPID=${running.child.pid} STATUS=Serving on ${url}`,
      `--ready MAINPID=${String(value['pid'])} STATUS=Serving on ${url}`,
      '',
    ]);
    expect((await home.json(['gateway', 'status'])).value).toMatchObject({ mode: 'service', ready: true });
    // Its output is this test's: it ends before.
    expect(await home.json(['gateway', 'stop'])).toMatchObject({ value: { stopped: true } });
  });
});
