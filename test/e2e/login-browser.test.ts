// A whole login as a person with a desktop goes through it: the program opens its page in a real browser, and the person
// clicks their way to the portal's approval and back to the page that says that it is done.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { textsOf } from '../../src/language/texts.ts';
import { useBrowser } from '../support/browser.ts';
import { createHome, onboardArgs, startPortal, type Portal, type Running } from '../support/cli-process.ts';

const browser = useBrowser();
const texts = textsOf('en');
const args = [...onboardArgs.filter((word) => word !== '--no-browser'), '--flow', 'loopback'];

type Stage = { page: Page; running: Running; portal: Portal; complaints: string[] };

/** What the program asks a browser to open is opened in a real one. */
async function onboard(options: { isDeviceOnly: boolean }): Promise<Stage> {
  const portal = await startPortal({ autoApproveMs: null });
  const home = createHome();
  const config = JSON.stringify(portal.config, (key, value: unknown) =>
    key === 'authorizationUrl' && options.isDeviceOnly ? undefined : value,
  );
  home.writeConfig(JSON.parse(config));
  const opener = join(home.folder, 'opener');
  const wanted = join(home.folder, 'wanted');
  writeFileSync(opener, `#!/bin/sh\nprintf '%s' "$1" > '${wanted}.new' && mv '${wanted}.new' '${wanted}'\n`);
  chmodSync(opener, 0o700);
  const running = home.start(args, { BROWSER: opener });
  await expect.poll(() => existsSync(wanted), { timeout: 10_000 }).toBe(true);
  const context = await browser().newContext({ locale: 'en' });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(readFileSync(wanted, 'utf8'));
  return { page, running, portal, complaints };
}

it('D6 T2: from onboard over the page and the portal to success, with the code that both show', async () => {
  const { page, running, portal, complaints } = await onboard({ isDeviceOnly: true });
  const shown = (await running.line('stderr', /^ +Code +\S+/)).trim().split(/\s+/)[1] ?? '';
  await page.getByText(shown, { exact: true }).waitFor();
  const portalTab = page.waitForEvent('popup');
  await page.getByRole('link', { name: /Continue at/ }).click();
  const approval = await portalTab;
  await approval.getByText(shown, { exact: true }).waitFor();
  expect(await approval.evaluate('document.referrer')).toBe('');
  await approval.getByRole('button', { name: 'Approve' }).click();
  await approval.getByText('Approved').first().waitFor();
  await page.getByRole('heading', { name: texts.pageSavedTitle }).waitFor({ timeout: 15_000 });
  await page.getByText('minimax-portal:default').waitFor();
  expect((await running.ended).code).toBe(0);
  expect(complaints).toEqual([]);
  expect(portal.control.state().violations).toEqual([]);
  // Nobody listens any more, and the page stands all the same.
  await expect(fetch(page.url())).rejects.toThrow();
  expect(await page.getByRole('heading', { name: texts.pageSavedTitle }).isVisible()).toBe(true);
});

it('says on the page that the person declined at the portal, and what to do', async () => {
  const { page, running } = await onboard({ isDeviceOnly: true });
  const portalTab = page.waitForEvent('popup');
  await page.getByRole('link', { name: /Continue at/ }).click();
  await (await portalTab).getByRole('button', { name: 'Deny' }).click();
  await page.getByRole('heading', { name: texts.pageDeniedTitle }).waitFor({ timeout: 15_000 });
  await page.getByText(/^openclaw onboard --auth-choice minimax-portal --region global/).waitFor();
  expect((await running.ended).code).toBe(1);
});

it('L12: the redirect flow ends on the page of success, without the code in its address', async () => {
  const { page, running, portal, complaints } = await onboard({ isDeviceOnly: false });
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('heading', { name: texts.pageSavedTitle }).waitFor({ timeout: 15_000 });
  expect(new URL(page.url()).search).toBe('');
  expect((await running.ended).code).toBe(0);
  expect(complaints).toEqual([]);
  expect(portal.control.state().violations).toEqual([]);
});
