// Debian's Chromium, headless, for tests of pages that people see: one for a file of tests, closed at its end.
// Says which package is missing; a failure instead where OPENCLAW_TEST_REQUIRE_SYSTEM=1.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach } from 'vitest';

const executablePath = '/usr/bin/chromium';
const isRequired = process.env['OPENCLAW_TEST_REQUIRE_SYSTEM'] === '1';

export function launchBrowser(): Promise<Browser> {
  // No sandbox: tests run as root in containers. Nothing is fetched but what a test names.
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-proxy-server'],
  });
}

export const hasBrowser = existsSync(executablePath);

/** Call it at the top of a file. The function that it returns is for tests, and for hooks where `hasBrowser`. */
export function useBrowser(): () => Browser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (hasBrowser) browser = await launchBrowser();
  });
  afterAll(async () => browser?.close());
  beforeEach((context) => {
    if (!hasBrowser && !isRequired) context.skip('needs Debian package chromium');
  });
  return () => {
    if (browser === undefined) throw new Error('Chromium is not installed: Debian package chromium');
    return browser;
  };
}
