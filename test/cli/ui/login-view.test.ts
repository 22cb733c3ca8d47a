// What stands on the screen while a login waits, and what its keys do; the same facts without a terminal.
/* oxlint-disable no-control-regex -- what a terminal is sent is what is looked at */
import { describe, expect, it, onTestFinished } from 'vitest';
import { createOutput } from '../../../src/cli/command-context.ts';
import type { FlowChoice } from '../../../src/cli/flow-choice.ts';
import { createLoginView, type FlowControl } from '../../../src/cli/ui/login-view.ts';
import { locales } from '../../../src/language/locale.ts';
import { textsOf } from '../../../src/language/texts.ts';
import type { AuthorizationPrompt, DeviceCodePrompt } from '../../../src/plugin-sdk/index.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createFakeContext } from '../../support/fake-context.ts';
import { createFakeScreen } from '../../support/fake-screen.ts';
import { textWidth } from '../../../src/cli/ui/text-width.ts';

const url = 'https://platform.minimax.io/oauth-authorize?user_code=tUe3--FXNG&client=OpenClaw';
const place = { regionLabel: 'Global', host: 'account.minimax.io', providerLabel: 'MiniMax' };
const device: DeviceCodePrompt = {
  ...place,
  userCode: 'tUe3--FXNG',
  verificationUrl: url,
  trusted: true,
  expiresInMs: 300_000,
};
const pageUrl = 'http://127.0.0.1:4123/AbCdEf';
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type Setting = {
  screen?: Parameters<typeof createFakeScreen>[0];
  env?: Record<string, string>;
  kind?: FlowChoice['kind'];
  opened?: boolean;
  json?: boolean;
  locale?: (typeof locales)[number];
  answers?: (string | undefined)[];
  leadFails?: boolean;
};

function stage(setting: Setting = {}) {
  const screen = createFakeScreen(setting.screen);
  const clock = createFakeClock();
  const { context } = createFakeContext({ terminal: screen, clock, env: setting.env ?? {} });
  const opened: string[] = [];
  let choice: FlowChoice = { kind: setting.kind ?? 'device', reason: 'reasonSsh' };
  const flow: FlowControl = {
    choice: () => choice,
    toggle() {
      choice = { kind: choice.kind === 'device' ? 'loopback' : 'device', reason: 'reasonSwitched' };
    },
    lead() {
      if (setting.leadFails === true) return Promise.reject(new Error('no \u001b[31mport'));
      opened.push(pageUrl);
      return Promise.resolve({ pageUrl, opened: setting.opened ?? true });
    },
    open(address) {
      opened.push(address);
      return Promise.resolve(setting.opened ?? true);
    },
  };
  const output = createOutput(context, { json: setting.json === true });
  const answers = [...(setting.answers ?? [])];
  const view = createLoginView({
    context,
    output,
    texts: textsOf(setting.locale ?? 'en'),
    interactive: screen.interactive,
    flow,
    ask: () => Promise.resolve(answers.shift()),
  });
  const text = (): string => screen.lines().join('\n');
  const events = (): Record<string, unknown>[] =>
    screen
      .written()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const start = async (prompt: Partial<DeviceCodePrompt> = {}) => {
    const display = view.deviceCode({ ...device, ...prompt });
    onTestFinished(() => display.stop());
    await nextTurn();
    return display;
  };
  const status = (): string => screen.lines().findLast((line) => line !== '') ?? '';
  return { screen, clock, view, text, events, start, status, opened };
}

describe('the code of a device login', () => {
  it('D6 D7 D13: address and code are whole, as they were sent, each on its own line, with the notice', async () => {
    const { start, screen } = stage({ screen: { width: 40 } });
    await start();
    expect(screen.lines()).toContain(url);
    expect(screen.lines()).toContain('  Code   tUe3--FXNG');
    expect(screen.lines().join(' ').replaceAll(/ +/g, ' ')).toContain(
      'Nobody will ever ask you to read the code to them.',
    );
    const tooWide = screen.lines().filter((line) => line !== url && textWidth(line) > 40);
    expect(tooWide).toEqual([]);
  });

  it('D6: they are shown although the page cannot be served, and it is said', async () => {
    const { start, text, status } = stage({ kind: 'loopback', leadFails: true });
    await start();
    expect(text()).toContain(url);
    expect(text()).toContain('tUe3--FXNG');
    expect(text()).toContain('no port');
    expect(status()).toContain('Waiting for your approval, 05:00 left');
  });

  it('T1: nothing in what a server sent moves the cursor, colours or hides', async () => {
    const { start, screen } = stage();
    const evil = '\u001b[2J\u001b]0;x\u0007\u202e\r\n\u0000';
    const display = await start({
      userCode: `AB${evil}CD`,
      verificationUrl: `x${evil}y`,
      trusted: false,
      regionLabel: `G${evil}`,
      host: `h${evil}`,
    });
    display.update({ kind: 'trouble', remainingMs: 1_000, retryInMs: 500, reason: `r${evil}s` });
    expect(screen.written().replaceAll(/\u001b\[\d*[JKA]|\r/g, '')).not.toMatch(
      /[\u0000-\u0009\u000b-\u001f\u202e]/,
    );
    expect(screen.written()).not.toContain('\u001b[2J');
    expect(screen.lines()).toContain('  Code   AB CD');
  });

  it('T2: an address that is not the provider’s is neither linked nor opened, and the warning stands by it', async () => {
    const { start, screen, opened, text } = stage({ screen: { hyperlinks: true } });
    await start({ verificationUrl: 'https://evil.example/x', trusted: false });
    screen.press('o');
    await nextTurn();
    expect(screen.written()).not.toContain('\u001b]8;;');
    expect(text()).toContain('This address is not one of the provider’s own.');
    expect(text()).not.toContain('o open');
    expect(opened).toEqual([]);
    const own = stage({ screen: { hyperlinks: true } });
    await own.start();
    expect(own.screen.written()).toContain(`\u001b]8;;${url}\u001b\\${url}\u001b]8;;\u001b\\`);
  });

  it('says how it stands, each second on one line that never folds', async () => {
    const { start, screen, clock, status } = stage({ screen: { width: 60 } });
    const display = await start();
    expect(status()).toBe('  Waiting for your approval, 05:00 left');
    await clock.advance(2_000);
    expect(status()).toBe('  Waiting for your approval, 04:58 left');
    display.update({
      kind: 'trouble',
      remainingMs: 298_000,
      reason: 'reset by the server',
      retryInMs: 4_000,
    });
    expect(status()).toBe('  Trouble on the way: reset b…; next try in 4 s, 04:58 left');
    await clock.advance(3_000);
    expect(status()).toContain('next try in 1 s');
    await clock.advance(1_000);
    expect(status()).toContain('trying again now');
    display.update({ kind: 'slowed', remainingMs: 290_000, intervalMs: 10_000 });
    expect(status()).toContain('Waiting for your approval, 04:50 left');
    const height = screen.lines().length;
    await clock.advance(30_000);
    expect(screen.lines()).toHaveLength(height);
    display.stop();
    expect(screen.lines().join('\n')).not.toContain('left');
    expect(screen.isReading()).toBe(false);
    expect(clock.timerCount()).toBe(0);
  });

  it('D13: c copies the code and u the address, as they are shown; the answer stands for three seconds', async () => {
    const { start, screen, clock, status } = stage();
    await start();
    const osc = (text: string): string => `\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`;
    screen.press('C');
    await nextTurn();
    expect(screen.written()).toContain(osc('tUe3--FXNG'));
    expect(status()).toContain('clipboard of your terminal');
    await clock.advance(3_000);
    expect(status()).toContain('Waiting');
    screen.press('г');
    await nextTurn();
    expect(screen.written()).toContain(osc(url));
  });

  it('q draws the address below the line and takes it away again', async () => {
    const { start, screen, clock } = stage();
    await start();
    const before = screen.lines();
    screen.press('q');
    const drawn = screen.lines();
    expect(drawn.length).toBeGreaterThan(before.length + 20);
    await clock.advance(1_000);
    expect(screen.lines().length).toBe(drawn.length);
    screen.press('q');
    expect(screen.lines().length).toBe(before.length);
  });

  it('q says that the window is too small, and a window that gets smaller loses the drawing', async () => {
    const narrow = stage({ screen: { width: 40 } });
    await narrow.start();
    narrow.screen.press('q');
    expect(narrow.status()).toBe('  The window is too narrow for the QR …');
    const low = stage({ screen: { height: 10 } });
    await low.start();
    low.screen.press('q');
    expect(low.status()).toContain('too low');
    const wide = stage();
    await wide.start();
    wide.screen.press('q');
    wide.screen.resize(38);
    expect(wide.status()).toContain('The window is too narrow');
    expect(wide.screen.lines().filter((line) => line === url)).toHaveLength(2);
  });

  it('f takes the other way and back: the page is named and opened, then only the code counts', async () => {
    const { start, screen, clock, text, opened, status } = stage();
    await start();
    expect(text()).toContain('Approve on any device with the code (this is an SSH session).');
    screen.press('f');
    await clock.advance(100);
    expect(text()).toContain('A page in your browser leads the login (you switched).');
    expect(text()).toContain(`Page   ${pageUrl}`);
    expect(opened).toEqual([pageUrl]);
    expect(status()).toContain('Opened in your browser.');
    screen.press('o');
    await nextTurn();
    expect(opened).toEqual([pageUrl, pageUrl]);
    screen.press('f');
    await clock.advance(100);
    expect(text()).toContain('with the code (you switched)');
    screen.press('o');
    await nextTurn();
    expect(opened.at(-1)).toBe(url);
    for (let times = 0; times < 21; times += 1) screen.press('f');
    await clock.advance(100);
    expect(opened.slice(3)).toEqual([pageUrl]);
  });

  it('f leaves it to a method that starts anew', async () => {
    const { start, screen, clock, opened } = stage();
    const display = await start();
    screen.press('f');
    display.stop();
    await clock.advance(100);
    expect(opened).toEqual([]);
  });

  it('a state that is told before the page is served spoils no line of the block', async () => {
    const { view, screen } = stage({ kind: 'loopback' });
    const display = view.deviceCode(device);
    display.update({ kind: 'waiting', remainingMs: 300_000 });
    await nextTurn();
    expect(screen.lines()).toContain('  A page in your browser leads the login (this is an SSH session).');
    display.stop();
  });

  it('T2: says for good when no browser could be opened', async () => {
    const { start, clock, text } = stage({ kind: 'loopback', opened: false });
    await start();
    await clock.advance(10_000);
    expect(text()).toContain('No browser could be opened. Open the address yourself.');
  });

  it('a program that was suspended shows everything again', async () => {
    const { start, screen } = stage();
    await start();
    screen.send({ kind: 'suspend' });
    expect(screen.lines().join('\n')).not.toContain('left');
    screen.send({ kind: 'resume' });
    expect(
      screen.lines().filter((line) => line.includes('tUe3--FXNG') && line.includes('Code')),
    ).toHaveLength(2);
    expect(screen.lines().join('\n')).toContain('left');
  });

  it.each(locales)('D6 D7: in %s no line but the address is wider than the window', async (locale) => {
    const { start, screen } = stage({ screen: { width: 50 }, locale, kind: 'loopback' });
    await start();
    expect(screen.lines()).toContain(url);
    const shown = screen.lines().filter((line) => line !== url);
    expect(shown.filter((line) => textWidth(line) > 50)).toEqual([]);
    expect(screen.written()).not.toMatch(/\{\w+\}/);
  });
});

describe('without a terminal', () => {
  const noTerminal = { interactive: false, errIsTty: false };

  it('D6 D7: the same facts as plain lines, and one more for each change', async () => {
    const { start, screen, clock, text } = stage({ screen: noTerminal });
    const display = await start();
    expect(text()).toContain(`  Open   ${url}`);
    expect(text()).toContain('  Code   tUe3--FXNG');
    expect(text()).toContain('Nobody will ever ask you to read the code to them.');
    expect(text()).not.toContain('copy code');
    const height = screen.lines().length;
    display.update({ kind: 'waiting', remainingMs: 299_000 });
    await clock.advance(60_000);
    expect(screen.lines()).toHaveLength(height);
    display.update({ kind: 'trouble', remainingMs: 200_000, reason: 'HTTP 503', retryInMs: 5_000 });
    expect(screen.lines()).toHaveLength(height + 1);
    expect(screen.written()).not.toContain('\u001b');
  });

  it('a dumb terminal is sent no sequence', async () => {
    const { start, screen } = stage({ screen: { interactive: false }, env: { TERM: 'dumb' } });
    const display = await start();
    display.stop();
    expect(screen.written()).not.toMatch(/[\u001b\r]/);
  });

  it('D6: as events, one a line', async () => {
    const { start, events } = stage({ screen: noTerminal, json: true });
    const display = await start();
    display.update({ kind: 'slowed', remainingMs: 200_000, intervalMs: 10_000 });
    expect(events()).toEqual([
      {
        event: 'device_code',
        url,
        user_code: 'tUe3--FXNG',
        expires_in_ms: 300_000,
        expires_at: '2025-06-15T15:11:40.000Z',
        trusted: true,
        flow: 'device',
        flow_reason: 'this is an SSH session',
      },
      { event: 'device_state', kind: 'slowed', remaining_ms: 200_000, interval_ms: 10_000 },
    ]);
  });

  it('the event names the page, and another one whether it was opened', async () => {
    const { start, events } = stage({ screen: noTerminal, json: true, kind: 'loopback', opened: false });
    await start();
    expect(events()).toMatchObject([
      { event: 'device_code', flow: 'loopback', page_url: pageUrl },
      { event: 'flow', flow: 'loopback', page_url: pageUrl, opened: false },
    ]);
  });
});

describe('the redirect flow', () => {
  const pasted: string[] = [];
  const authorization: AuthorizationPrompt = {
    ...place,
    authorizationUrl: 'https://account.minimax.io/authorize?state=s',
    trusted: true,
    expiresInMs: 600_000,
    paste(text) {
      pasted.push(text);
      return text.includes('state=s') ? undefined : 'it has another state';
    },
  };
  const begin = async (setting: Setting = {}, prompt: Partial<AuthorizationPrompt> = {}) => {
    pasted.length = 0;
    const staged = stage({ kind: 'loopback', ...setting });
    const display = staged.view.authorization({ ...authorization, ...prompt });
    onTestFinished(() => display.stop());
    await nextTurn();
    return { ...staged, display };
  };

  it('T2: opens the address once, and one that is not the provider’s never', async () => {
    const { opened, text } = await begin();
    expect(opened).toEqual([authorization.authorizationUrl]);
    expect(text()).toContain('Approve in your browser, which comes back here by itself');
    expect(text()).not.toMatch(/copy code|QR code/);
    const evil = await begin({}, { authorizationUrl: 'https://evil.example/', trusted: false });
    expect(evil.opened).toEqual([]);
  });

  it('C4: a pasted address is taken at any time, and a refusal says why and ends nothing', async () => {
    const { screen, text, status } = await begin();
    screen.send({ kind: 'paste', text: 'http://127.0.0.1:1/callback?state=x\n' });
    expect(text()).toContain('That is not the answer to this login: it has another state');
    screen.send({ kind: 'paste', text: 'ccc' });
    screen.send({ kind: 'paste', text: 'http://127.0.0.1:1/callback?state=s' });
    expect(pasted).toEqual(['http://127.0.0.1:1/callback?state=x', 'http://127.0.0.1:1/callback?state=s']);
    expect(status()).toContain('Checking');
  });

  it('C4: p asks for it, with the keys to the question meanwhile', async () => {
    const { screen } = await begin({ answers: [' http://127.0.0.1:1/callback?state=s ', undefined] });
    screen.press('p');
    expect(screen.isReading()).toBe(false);
    await nextTurn();
    expect(pasted).toEqual(['http://127.0.0.1:1/callback?state=s']);
    expect(screen.isReading()).toBe(true);
    screen.press('p');
    await nextTurn();
    expect(pasted).toHaveLength(1);
  });

  it('is told as an event', async () => {
    const { events } = await begin({ json: true, screen: { interactive: false, errIsTty: false } });
    expect(events()[0]).toMatchObject({
      event: 'authorization',
      url: authorization.authorizationUrl,
      flow: 'loopback',
    });
    expect(events()[0]).not.toHaveProperty('user_code');
  });
});
