// The redirect flow as a person goes through it: the program, a browser that comes back to it, and the address that is
// pasted when the browser is on another machine.
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createHome, onboardArgs, startPortal, type Home, type Portal } from '../support/cli-process.ts';

const args = [...onboardArgs.filter((word) => word !== '--no-browser'), '--flow', 'loopback'];

/** A program that goes where it is sent, as a browser would, and keeps the page where it ended. */
function createVisitor(home: Home): { program: string; page: () => string } {
  const program = join(home.folder, 'visitor');
  const file = join(home.folder, 'page.html');
  const code = `#!${process.execPath}
const { get } = require('node:http');
const { writeFileSync } = require('node:fs');
const headers = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'accept-language': 'da' };
const visit = (url) => get(url, { headers }, (answer) => {
  const { location } = answer.headers;
  if (location !== undefined) return visit(new URL(location, url));
  let page = '';
  answer.setEncoding('utf8').on('data', (text) => (page += text)).on('end', () => writeFileSync(${JSON.stringify(file)}, page));
});
visit(process.argv[2]);
`;
  writeFileSync(program, code);
  chmodSync(program, 0o700);
  return { program, page: () => readFileSync(file, 'utf8') };
}

async function homeFor(portal: Portal): Promise<Home> {
  const home = createHome();
  home.writeConfig(portal.config);
  return home;
}

describe('the redirect flow', () => {
  it('L12: logs in through a browser that comes back, whose page is shown when the login is saved', async () => {
    const portal = await startPortal();
    const home = await homeFor(portal);
    const visitor = createVisitor(home);
    const { code, stdout } = await home.start(args, { BROWSER: visitor.program }).ended;
    expect(code).toBe(0);
    expect(stdout).toContain('Logged in: minimax-portal:default (region global)');
    await vi.waitFor(() => expect(visitor.page()).toContain('lang="da"'));
    expect(visitor.page()).toContain('minimax-portal:default');
    expect(portal.control.state().violations).toEqual([]);
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 2 });
  });

  it('tells the browser when the login could not be kept after all', async () => {
    const portal = await startPortal({ overrides: { grant: { resource_url: 'https://api.minimaxi.com' } } });
    const home = await homeFor(portal);
    const visitor = createVisitor(home);
    const { code, stderr } = await home.start(args, { BROWSER: visitor.program }).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('belongs to the CN site');
    await vi.waitFor(() => expect(visitor.page()).toContain('--region cn'));
  });

  it('prints the address where there is no browser', async () => {
    const portal = await startPortal();
    const home = await homeFor(portal);
    const running = home.start([...args, '--no-browser', '--json']);
    const event = JSON.parse(await running.line('stderr', /"authorization"/)) as { url: string };
    const url = new URL(event.url);
    expect(url.origin + url.pathname).toBe(`${portal.accountUrl}/oauth2/authorize`);
    expect(url.searchParams.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    const visitor = createVisitor(home);
    spawn(visitor.program, [event.url]);
    expect((await running.ended).code).toBe(0);
    await vi.waitFor(() => expect(visitor.page()).toContain('minimax-portal:default'));
  });

  it('L3: with Ctrl-C nothing listens any more', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const home = await homeFor(portal);
    const running = home.start([...args, '--no-browser', '--json']);
    const event = JSON.parse(await running.line('stderr', /"authorization"/)) as { url: string };
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    const redirect = new URL(event.url).searchParams.get('redirect_uri') ?? '';
    await expect(fetch(redirect)).rejects.toThrow();
  });

  it('the device flow is still there for who asks for it', async () => {
    const portal = await startPortal();
    const home = await homeFor(portal);
    const { code, stderr } = await home.start([...onboardArgs, '--flow', 'device']).ended;
    expect(code).toBe(0);
    expect(stderr).toContain('Code');
  });

  it.each([['--flow', 'carrier-pigeon']])('refuses %s %s', async (...words) => {
    const { code, value } = await createHome().json([...onboardArgs, ...words]);
    expect(code).toBe(2);
    expect(JSON.stringify(value)).toContain('auto, device or loopback');
  });
});
