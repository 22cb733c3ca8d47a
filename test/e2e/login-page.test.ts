// The login page in a real browser: live, copied from, by keyboard, without scripts, narrow, dark, and cut off.
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { locales } from '../../src/language/locale.ts';
import { textsOf } from '../../src/language/texts.ts';
import { renderLoginPage } from '../../src/oauth/login-page.ts';
import type { LoginPhase } from '../../src/oauth/login-phase.ts';
import { startLoopbackServer } from '../../src/oauth/loopback-server.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { hasBrowser, useBrowser } from '../support/browser.ts';
import { startLoginPage } from '../support/login-page-stage.ts';
import type { LoginPageStage } from '../support/login-page-stage.ts';
import { loginSubject as subject, waiting } from '../support/login-subject.ts';

const browser = useBrowser();
const desktop = { width: 1280, height: 800 };
const texts = textsOf('en');
const failed: LoginPhase = { kind: 'failed', message: 'No <route>.', remedy: 'Mend it: `openclaw doctor`.' };
const trouble: LoginPhase = { kind: 'trouble', remainingMs: 61_000, reason: 'HTTP 503', retryInMs: 9_000 };
const ends: LoginPhase[] = [
  { kind: 'saved', profileId: 'minimax-portal:default' },
  { kind: 'denied' },
  { kind: 'expired' },
  { kind: 'cancelled' },
  failed,
];

/** What the browser complains about: violations of the policy above all. */
const complaints: string[] = [];

const contexts = new Map<string, BrowserContext>();

/** Of a context for each set of options: a new one costs more than what most tests do. */
async function openPage(options: BrowserContextOptions = {}): Promise<Page> {
  const key = JSON.stringify(options);
  const context = contexts.get(key) ?? (await browser().newContext({ viewport: desktop, ...options }));
  contexts.set(key, context);
  const page = await context.newPage();
  onTestFinished(() => page.close());
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  return page;
}

async function stageOf(options: Parameters<typeof startLoginPage>[0] = {}): Promise<LoginPageStage> {
  const stage = await startLoginPage(options);
  onTestFinished(() => stage.close());
  return stage;
}

const shows = (page: Page, text: string): Promise<void> =>
  page.getByText(text, { exact: true }).first().waitFor({ timeout: 5_000 });

describe('without scripts', () => {
  // Begun first and looked at last: the page asks every 3 seconds, and the listener waits for it.
  let page: Page | undefined;
  let closed: Promise<void> | undefined;
  let copyWasShown: boolean | undefined;
  beforeAll(async () => {
    if (!hasBrowser) return;
    const server = await startLoopbackServer({ clock: systemClock, random: systemRandom });
    const context = await browser().newContext({ javaScriptEnabled: false });
    page = await context.newPage();
    await page.goto(server.servePage(subject));
    copyWasShown = await page.locator('[data-part=copy]').isVisible();
    server.setPhase({ kind: 'saved', profileId: 'minimax-portal:default' });
    closed = server.close();
  });

  describe('meanwhile, with them', () => {
    it('D6 D7: states come live, and the end takes the focus', async () => {
      const stage = await stageOf();
      const page = await openPage();
      await page.goto(stage.url);
      await shows(page, texts.pageWaiting);
      expect(await page.title()).toBe('Log in to MiniMax · OpenClaw');
      expect(await page.getByRole('timer').textContent()).toMatch(/^12:3\d left$/);
      stage.setPhase({ kind: 'slowed', remainingMs: 700_000, intervalMs: 10_000 });
      await shows(page, texts.pageSlowed);
      stage.setPhase(trouble);
      await shows(page, 'Trouble on the way: HTTP 503. It is tried again by itself.');
      expect(await page.title()).toBe('! Log in to MiniMax · OpenClaw');
      expect(await page.locator('[data-part=retry]').textContent()).toMatch(/^Next try in 0:0\d$/);
      expect(await page.getByRole('timer').textContent()).toMatch(/^1:0\d left$/);
      stage.setPhase({ kind: 'checking' });
      await shows(page, texts.pageChecking);
      expect(await page.getByRole('link').isVisible()).toBe(false);
      stage.setPhase({ kind: 'saved', profileId: 'minimax-portal:default' });
      await shows(page, texts.pageSavedTitle);
      expect(await page.title()).toBe('✓ You are logged in · OpenClaw');
      expect(await page.evaluate('document.activeElement.textContent')).toBe(texts.pageSavedTitle);
      expect(await page.getByText('TUE3-FXNG').first().isVisible()).toBe(false);
      expect(stage.requests.map(({ url }) => url)).toEqual(['/login', '/login/events']);
    });

    it('the listener of a login serves it live, in the language of the browser', async () => {
      const server = await startLoopbackServer({ clock: systemClock, random: systemRandom });
      onTestFinished(() => server.close());
      const page = await openPage({ locale: 'zh-HK' });
      await page.goto(server.servePage(subject));
      await shows(page, textsOf('zh-TW').pageWaiting);
      server.setPhase(trouble);
      await page.getByText('HTTP 503').waitFor();
      server.setPhase(failed);
      await server.close();
      await shows(page, textsOf('zh-TW').pageFailedTitle);
      expect(await page.getByText('No <route>.').getAttribute('lang')).toBe('en');
    });

    it('L12: an end looks the same live as when it is loaded, and its address keeps no answer', async () => {
      const page = await openPage();
      for (const phase of ends) {
        const stage = await stageOf();
        await page.goto(stage.url);
        stage.setPhase(phase);
        await page.getByRole('heading', { level: 1 }).and(page.locator(':focus')).waitFor();
        const live = [await page.locator('main').ariaSnapshot(), await page.title()];
        expect(live[0]).toMatch(phase.kind === 'saved' ? /code: minimax-portal:default/ : /code: openclaw /);
        await page.goto(`${stage.url}?code=abc&state=def`);
        expect([await page.locator('main').ariaSnapshot(), await page.title()]).toEqual(live);
        expect(page.url()).toBe(stage.url);
      }
    });

    it('a stream that breaks is opened once more; one that is gone is said to be', async () => {
      const stage = await stageOf();
      const page = await openPage();
      await page.goto(stage.url);
      await shows(page, texts.pageWaiting);
      stage.cutEvents('once');
      await expect.poll(() => stage.requests.length).toBe(3);
      stage.setPhase(trouble);
      await shows(page, 'Trouble on the way: HTTP 503. It is tried again by itself.');
      complaints.length = 0;
      stage.cutEvents('for ever');
      await shows(page, texts.pageLostTitle);
      expect(await page.locator('main').textContent()).toContain('openclaw auth status');
      expect(await page.getByRole('link').isVisible()).toBe(false);
      expect(stage.requests.length).toBe(4);
      // The browser's own line about the refused stream.
      expect(complaints.splice(0).filter((line) => !line.startsWith('Failed to load resource'))).toEqual([]);
    });

    it('D13: the code is copied with one click, by keyboard, and said to be', async () => {
      const userCode = 'ab cd--<EF>&amp;';
      const stage = await stageOf({
        subject: { ...subject, userCode, verificationUrl: 'http://127.0.0.1:1/device' },
      });
      const page = await openPage();
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.goto(stage.url);
      const focused = (): Promise<string> => page.evaluate('document.activeElement.textContent.trim()');
      await page.keyboard.press('Tab');
      expect(await focused()).toBe(texts.pageCopy);
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: texts.pageCopied }).waitFor();
      expect(await page.getByRole('status').allTextContents()).toContain(texts.pageCopied);
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(userCode);
      await page.keyboard.press('Tab');
      expect(await focused()).toBe('Continue at 127.0.0.1:1');
      await page.context().route('http://127.0.0.1:1/**', (route) => route.fulfill({ body: 'there' }));
      const opened = page.context().waitForEvent('page');
      await page.keyboard.press('Enter');
      const tab = await opened;
      await tab.waitForURL('http://127.0.0.1:1/device');
      expect(await tab.evaluate('[window.opener, document.referrer]')).toEqual([null, '']);
    });

    it.each([
      ['by selection where the clipboard is refused', 'true', texts.pageCopied],
      ['and a person is told where nothing works', 'false', texts.pageCopyFailed],
    ])('the code is copied %s', async (_, works, said) => {
      const stage = await stageOf();
      const page = await openPage();
      await page.addInitScript(`
        navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));
        document.execCommand = () => ${works};
      `);
      await page.goto(stage.url);
      await page.getByRole('button').click();
      await page.getByText(said).first().waitFor();
      expect(await page.getByRole('status').allTextContents()).toContain(said);
      expect(await page.evaluate('getSelection().toString()')).toBe('TUE3-FXNG');
    });

    it('everything has a role and a name', async () => {
      const stage = await stageOf();
      const page = await openPage();
      await page.goto(stage.url);
      await page.getByRole('button').waitFor();
      const snapshot = await page.locator('body').ariaSnapshot();
      expect(snapshot.replace(/12:\d\d/, '12:34')).toMatchInlineSnapshot(`
        "- banner: OpenClaw
        - main:
          - heading "Log in to MiniMax" [level=1]
          - paragraph: OpenClaw asks for access to your MiniMax account.
          - paragraph: Global·account.minimax.io
          - paragraph: Your code
          - code: TUE3-FXNG
          - button "Copy the code"
          - status
          - link "Continue at platform.minimax.io":
            - /url: https://platform.minimax.io/oauth-authorize?user_code=TUE3-FXNG&client=OpenClaw
          - paragraph: Opens in a new tab. Check that it shows the same code, then approve.
          - paragraph: https://platform.minimax.io/oauth-authorize?user_code=TUE3-FXNG&client=OpenClaw
          - status: Waiting for your approval
          - timer: 12:34 left
          - paragraph: Approve only if you started this login yourself, just now. Nobody will ever ask you to read the code to them."
      `);
    });

    it('320 pixels are enough in every language, and fingers find what they press', async () => {
      const page = await openPage({ viewport: { width: 320, height: 640 } });
      const long = { ...subject, userCode: 'W'.repeat(60), trusted: false };
      for (const locale of locales) {
        for (const view of [
          { subject, phase: waiting },
          { subject, phase: { ...trouble, reason: 'x'.repeat(120) } },
          { subject: long, phase: waiting },
          { subject, phase: { ...failed, message: 'y'.repeat(120) } },
          { subject, phase: ends[0] ?? failed },
        ]) {
          const whole = { ...view, remainingMs: 754_000, eventsPath: undefined };
          await page.setContent(renderLoginPage(whole, locale).html);
          const outside = await page.evaluate<string[]>(`
            [...document.querySelectorAll('body *')]
              .filter((part) => !part.closest('svg, .unseen'))
              .filter((part) => part.getBoundingClientRect().right > 320 || part.scrollWidth > part.clientWidth + 1 &&
                getComputedStyle(part).display !== 'inline')
              .map((part) => part.className + ': ' + part.textContent)
          `);
          expect([locale, view.phase.kind, outside]).toEqual([locale, view.phase.kind, []]);
          const heights = await page.evaluate<number[]>(
            `[...document.querySelectorAll('a, button')].map((part) => (part.hidden = false, part.offsetHeight))`,
          );
          expect(Math.min(44, ...heights)).toBe(44);
        }
      }
    });

    it.each(['light', 'dark'] as const)(
      'every text has contrast enough (WCAG AA), %s',
      async (colorScheme) => {
        const page = await openPage({ colorScheme, reducedMotion: 'reduce' });
        const untrusted = { ...subject, trusted: false };
        for (const view of [
          { subject, phase: waiting },
          { subject: untrusted, phase: trouble },
          { subject, phase: { kind: 'checking' } as const },
          ...ends.map((phase) => ({ subject, phase })),
        ]) {
          const whole = { ...view, remainingMs: 754_000, eventsPath: undefined };
          await page.setContent(renderLoginPage(whole, 'en').html);
          const contrasts = await page.evaluate<[string, number][]>(contrastScript);
          expect(contrasts.length).toBeGreaterThan(3);
          expect(contrasts.filter(([, contrast]) => contrast < 4.5)).toEqual([]);
          expect(await page.evaluate('document.getAnimations().length')).toBe(0);
        }
      },
    );
  });

  it('L3 L12: the page comes by itself to the end, and then nobody listens', async () => {
    if (page === undefined) throw new Error('not begun');
    expect(copyWasShown).toBe(false);
    await shows(page, texts.pageSavedTitle);
    await closed;
    await expect(page.goto(page.url())).rejects.toThrow('ERR_CONNECTION_REFUSED');
  });

  it('L11: no browser complained about anything, violations of the policy included', () => {
    expect(complaints).toEqual([]);
  });
});

/** Texts with their contrast to the nearest ground that is painted (WCAG 2.2, relative luminance). */
const contrastScript = `
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = parse(colour).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (part) => {
    const colour = getComputedStyle(part).backgroundColor;
    return parse(colour)[3] === 0 ? ground(part.parentElement) : colour;
  };
  [...document.querySelectorAll('body *')]
    .filter((part) => part.checkVisibility() && !part.closest('script, svg'))
    .filter((part) => [...part.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''))
    .map((part) => {
      const [low, high] = [luminance(getComputedStyle(part).color), luminance(ground(part))].sort((a, b) => a - b);
      return [part.textContent, (high + 0.05) / (low + 0.05)];
    });
`;
