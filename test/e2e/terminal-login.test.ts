// A login as a person in a terminal sees and steers it: the real program in a real pseudo terminal, with a browser that
// only writes down what it was asked to open.
/* oxlint-disable no-control-regex -- what a terminal is sent is what is looked at */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createHome, onboardArgs, startPortal, type Portal } from '../support/cli-process.ts';
import { programFile } from '../support/program-file.ts';
import {
  hasPseudoTerminals,
  startInTerminal,
  terminalPackages,
  type PseudoTerminal,
} from '../support/pseudo-terminal.ts';

const isRequired = process.env['OPENCLAW_TEST_REQUIRE_SYSTEM'] === '1';

type Stage = { terminal: PseudoTerminal; opened: () => string[] };

/** The shell tells afterwards how the program ended, and in which mode it left the terminal. */
function startLogin(
  config: Portal['config'],
  home = createHome(),
  flags = '--region global',
  gateway = '--no-start-gateway',
): Stage {
  home.writeConfig(config);
  const browser = join(home.folder, 'browser');
  const log = join(home.folder, 'opened');
  writeFileSync(browser, `#!/bin/sh\nprintf '%s\\n' "$@" >> '${log}'\n`);
  chmodSync(browser, 0o755);
  const login = `'${process.execPath}' '${programFile()}' onboard --auth-choice minimax-portal ${flags} ${gateway}`;
  const terminal = startInTerminal(`${login}; echo exit=$?; stty -a`, {
    ...home.env,
    BROWSER: browser,
  });
  return {
    terminal,
    opened: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
  };
}

/** The portal as MiniMax's is: without an authorization endpoint. */
function deviceOnly(config: Portal['config']): Portal['config'] {
  return JSON.parse(
    JSON.stringify(config, (key, value: unknown) => (key === 'authorizationUrl' ? undefined : value)),
  ) as Portal['config'];
}

const shown = (text: string): string => text.replaceAll(/\u001b\[[\d;?]*[A-Za-z]/g, '');

describe('a login in a terminal', () => {
  beforeEach((context) => {
    if (!hasPseudoTerminals() && !isRequired) context.skip(`needs Debian packages ${terminalPackages}`);
  });

  it('T2 D6 D7: code and address are shown whole, keys copy, draw and switch, and the next question works', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const { terminal, opened } = startLogin(deviceOnly(portal.config));
    const block = shown(await terminal.until(/other way[^]*left/));
    const code = /\n {2}Code +(\S+)\r\n/.exec(block)?.[1] ?? '';
    const url = /\n {2}Open\r\n(http\S+)\r\n/.exec(block)?.[1] ?? '';
    const page = /\n {2}Page\r\n(http\S+)\r\n|\n {2}Page +(http\S+)\r\n/.exec(block);
    expect(new URL(url).searchParams.get('user_code')).toBe(code);
    expect(block.replaceAll(/\s+/g, ' ')).toContain('Approve only if you started this login yourself.');
    await expect.poll(opened).toEqual([page?.[1] ?? page?.[2]]);

    terminal.press('c');
    await terminal.until(
      new RegExp(`\\u001b\\]52;c;${Buffer.from(code).toString('base64').replaceAll('+', '\\+')}\\u0007`),
    );
    terminal.press('\u001b[A');
    terminal.press('q');
    await terminal.until(/\u001b\[38;5;16;48;5;231m/);
    terminal.press('f');
    await terminal.until(/with the code \(you\s+switched\)/);
    terminal.resize(40, 40);
    portal.control.approve(code);
    const waited = await terminal.until(/Which model do you want/);
    expect(waited).toContain('\u001b[?2004l');
    terminal.press('\r');
    expect(shown(await terminal.until(/exit=0[^]*echok/))).toMatch(/\sicanon\s[^]*\secho\s/);
    await terminal.ended;
    expect(portal.control.state().violations).toEqual([]);
  });

  it('D15: Ctrl-C ends it with 130, and the terminal is as it was; a pasted address that is none is refused', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const { terminal, opened } = startLogin(portal.config);
    await terminal.until(/where the browser ended[^]*left/);
    await expect.poll(opened).toEqual([expect.stringContaining('/oauth2/authorize?')]);
    terminal.press('\u001b[200~http://127.0.0.1:1/callback?code=x&state=y\u001b[201~');
    await terminal.until(/not the answer to this login/);
    terminal.press('\u0003');
    expect(shown(await terminal.until(/exit=130[^]*echok/))).toMatch(/\sicanon\s[^]*\secho\s/);
    await terminal.ended;
    expect(terminal.output().split('exit=')[0]).not.toContain('^C');
  });

  it('a site that is chosen on the way replaces no login of another account unasked', async () => {
    const portal = await startPortal({ region: 'cn' });
    const home = createHome();
    home.writeConfig(portal.config);
    expect((await home.json(onboardArgs.map((word) => (word === 'global' ? 'cn' : word)))).code).toBe(0);
    const { terminal } = startLogin(deviceOnly(portal.config), home, '');
    await terminal.until(/Which MiniMax site/);
    terminal.press('\u001b[B');
    terminal.press('\r');
    await terminal.until(/minimax-portal:cn[^]*is there already, and works/);
    terminal.press('\u001b[B');
    terminal.press('\r');
    await terminal.until(/A name for the new login/);
    terminal.press('second\r');
    await terminal.until(/Which model do you want/);
    terminal.press('\r');
    await terminal.until(/exit=0/);
    await terminal.ended;
    const { value } = await home.json(['auth', 'status']);
    expect(value['profiles']).toMatchObject([
      { id: 'minimax-portal:cn', generation: 1, region: 'cn' },
      { id: 'minimax-portal:second', generation: 1, region: 'cn' },
    ]);
  });

  it('a cancel at the model question stops there with 130, and the login counts', async () => {
    const portal = await startPortal();
    const home = createHome();
    const { terminal } = startLogin(deviceOnly(portal.config), home, '--region global --no-browser', '');
    await terminal.until(/Which model do you want[^]*└/);
    terminal.press('\u0003');
    const said = shown(await terminal.until(/exit=130/)).replaceAll(/\s+/g, ' ');
    expect(said).toMatch(/no default model is set[^]*openclaw models set minimax-portal\//);
    expect(said).not.toContain('Start the gateway now');
    await terminal.ended;
    expect((await home.json(['auth', 'status'])).value['profiles']).toHaveLength(1);
  });

  it('a question that nobody can answer any more is left out, and the login counts', async () => {
    const portal = await startPortal();
    const { terminal } = startLogin(deviceOnly(portal.config));
    await terminal.until(/Which model do you want/);
    terminal.hangUp();
    await terminal.until(/exit=0/);
    await terminal.ended;
    expect(shown(terminal.output())).toContain('Logged in: minimax-portal:default');
    expect(terminal.output()).not.toContain('unsettled');
  });
});
