// Takes the pictures of the login page for the documentation, from the real page on its real listener, into
// docs/images/. Needs Debian's package chromium.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import type { Locale } from '../src/language/locale.ts';
import type { LoginPhase } from '../src/oauth/login-phase.ts';
import { startLoopbackServer } from '../src/oauth/loopback-server.ts';
import { systemClock } from '../src/platform/clock.ts';
import { systemRandom } from '../src/platform/random.ts';
import { loginSubject, waiting } from '../test/support/login-subject.ts';

type Picture = {
  readonly name: string;
  readonly phase: LoginPhase;
  readonly locale?: Locale;
  readonly isDark?: boolean;
  /** CSS pixels; 560 by default. */
  readonly width?: number;
};

const states: readonly { readonly name: string; readonly phase: LoginPhase }[] = [
  { name: 'waiting', phase: waiting },
  {
    name: 'trouble',
    phase: { kind: 'trouble', remainingMs: 401_000, reason: 'HTTP 503', retryInMs: 8_000 },
  },
  { name: 'checking', phase: { kind: 'checking' } },
  { name: 'saved', phase: { kind: 'saved', profileId: 'minimax-portal:default' } },
  { name: 'denied', phase: { kind: 'denied' } },
  { name: 'expired', phase: { kind: 'expired' } },
  { name: 'cancelled', phase: { kind: 'cancelled' } },
  {
    name: 'failed',
    phase: {
      kind: 'failed',
      message: 'This account belongs to the CN site (minimaxi.com), not to Global (minimax.io).',
      remedy:
        'Nothing was changed. Log in at that site: `openclaw auth login --auth-choice minimax-portal --region cn`.',
    },
  },
];

const pictures: readonly Picture[] = [
  ...states.flatMap(({ name, phase }) => [
    { name: `${name}-light`, phase },
    { name: `${name}-dark`, phase, isDark: true },
  ]),
  { name: 'phone', phase: waiting, width: 320 },
  { name: 'zh-cn', phase: waiting, locale: 'zh-CN' },
  { name: 'zh-tw', phase: waiting, locale: 'zh-TW' },
  { name: 'ja', phase: waiting, locale: 'ja', isDark: true },
  { name: 'ko', phase: waiting, locale: 'ko' },
  { name: 'ru', phase: waiting, locale: 'ru' },
  { name: 'da', phase: waiting, locale: 'da' },
];

const folder = join(import.meta.dirname, '../docs/images');
const largestBytes = 80 * 1024;

async function take(browser: Browser, picture: Picture): Promise<string> {
  const server = await startLoopbackServer({ clock: systemClock, random: systemRandom });
  const context = await browser.newContext({
    viewport: { width: picture.width ?? 560, height: 720 },
    deviceScaleFactor: 1,
    locale: picture.locale ?? 'en',
    colorScheme: picture.isDark === true ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  try {
    const page = await context.newPage();
    await page.goto(server.servePage(loginSubject));
    server.setPhase(picture.phase);
    await page.locator(`main[data-kind=${picture.phase.kind}]`).waitFor();
    const path = join(folder, `login-${picture.name}.png`);
    const header = await page.locator('header').boundingBox();
    const card = await page.locator('main').boundingBox();
    if (header === null || card === null) throw new Error(`${picture.name}: nothing is shown`);
    const edge = 20;
    const top = Math.max(0, header.y - edge);
    const height = card.y + card.height + edge - top;
    const clip = { x: 0, y: top, width: picture.width ?? 560, height };
    await page.screenshot({ path, clip, fullPage: true });
    const bytes = statSync(path).size;
    if (bytes > largestBytes) throw new Error(`${path} has ${bytes} bytes`);
    return `${path}: ${Math.round(bytes / 1024)} KB`;
  } finally {
    await context.close();
    await server.close();
  }
}

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  for (const picture of pictures) process.stdout.write(`${await take(browser, picture)}\n`);
} finally {
  await browser.close();
}
