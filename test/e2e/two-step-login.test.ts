// A login in two commands, as a program that cannot wait does it: what the first one keeps, and who may finish it, how
// often, and how fast.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { filesHolding } from '../support/credentials.ts';
import {
  createHome,
  loggedIn,
  onboardArgs,
  startPortal,
  type Home,
  type Portal,
} from '../support/cli-process.ts';

const begin = [
  'onboard',
  '--non-interactive',
  '--start',
  '--auth-choice',
  'minimax-portal',
  '--region',
  'global',
];
const complete = ['onboard', '--non-interactive', '--complete'];

type Started = { url: string; user_code: string; expires_at: string; next: string };

async function started(portal: Portal, more: string[] = []): Promise<{ home: Home; first: Started }> {
  const home = createHome();
  home.writeConfig(portal.config);
  const { code, value } = await home.json([...begin, ...more]);
  expect({ code, error: value['error'] }).toEqual({ code: 0, error: undefined });
  return { home, first: value as unknown as Started };
}

const outcome = async (home: Home, args: string[]) => {
  const { code, value } = await home.json(args);
  return { code, error: (value['error'] as { code?: string } | undefined)?.code, value };
};

describe('onboard in two steps', () => {
  it('prints address, code and end, and finishes in another process once it is approved', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const { home, first } = await started(portal, ['--model', 'minimax-portal/MiniMax-M2.7']);
    expect(first).toMatchObject({
      url: expect.stringContaining(first.user_code) as string,
      profile_id: 'minimax-portal:default',
      next: `${complete.join(' ').replace(/^/, 'openclaw ')} --profile-id minimax-portal:default`,
    });
    expect(Date.parse(first.expires_at)).toBeGreaterThan(Date.now());
    portal.control.approve(first.user_code);
    const { code, value } = await outcome(home, complete);
    expect({ code, value }).toMatchObject({
      code: 0,
      value: { verified: true, defaultModel: 'minimax-portal/MiniMax-M2.7' },
    });
    // Single use.
    expect(await outcome(home, complete)).toMatchObject({ code: 1, error: 'LOGIN_NOT_STARTED' });
    expect(portal.control.state().violations).toEqual([]);
  });

  it('keeps what it needs sealed: no code of the device, no verifier on the disk', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const { home, first } = await started(portal);
    expect(filesHolding(home.stateDir, first.user_code)).toEqual([]);
    expect(filesHolding(home.stateDir, 'codeVerifier')).toEqual([]);
  });

  it('ends after --timeout, and is still good', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const { home, first } = await started(portal);
    for (let round = 0; round < 2; round += 1) {
      expect(await outcome(home, [...complete, '--timeout', '0'])).toMatchObject({ error: 'LOGIN_PENDING' });
    }
    portal.control.approve(first.user_code);
    expect(await outcome(home, complete)).toMatchObject({ code: 0 });
  });

  it.each([
    ['deny', 'LOGIN_DENIED'],
    ['expire', 'LOGIN_EXPIRED'],
  ] as const)('%s ends it for good', async (decision, code) => {
    const portal = await startPortal({ autoApproveMs: null });
    const { home, first } = await started(portal);
    portal.control[decision](first.user_code);
    const ended = await outcome(home, complete);
    expect(ended).toMatchObject({ code: 1, error: code });
    expect((ended.value['error'] as { remedy: string }).remedy).toContain(
      '`openclaw onboard --non-interactive --start --auth-choice minimax-portal --region global --profile-id minimax-portal:default`',
    );
    expect(await outcome(home, complete)).toMatchObject({ code: 1, error: 'LOGIN_NOT_STARTED' });
  });

  it('refuses flags of another login, and leaves the one that was begun', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const { home, first } = await started(portal);
    for (const flags of [
      ['--region', 'cn'],
      ['--auth-choice', 'minimax-cn-oauth'],
      ['--flow', 'loopback'],
    ]) {
      expect(await outcome(home, [...complete, ...flags])).toMatchObject({ code: 2, error: 'USAGE' });
    }
    portal.control.approve(first.user_code);
    expect(await outcome(home, [...complete, '--region', 'global'])).toMatchObject({ code: 0 });
  });

  it('forgets what nobody came back for', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const { home } = await started(portal);
    const before = portal.control.requests().length;
    const later = home.start(complete, { NODE_OPTIONS: `--import=${laterBy(90_000_000)}` });
    expect((await later.ended).stderr).toContain('before it expired');
    expect(portal.control.requests().length).toBe(before);
    expect(await outcome(home, complete)).toMatchObject({ error: 'LOGIN_NOT_STARTED' });
  });

  it('lets one process wait at a time, and goes on where a killed one stopped', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const { home, first } = await started(portal);
    const waiting = home.start(complete);
    await waiting.line('stderr', /Waiting for your approval/);
    expect(await outcome(home, complete)).toMatchObject({ code: 1, error: 'STORE_BUSY' });
    waiting.child.kill('SIGKILL');
    await waiting.ended;
    portal.control.approve(first.user_code);
    expect(await outcome(home, complete)).toMatchObject({ code: 0 });
  });

  it('with Ctrl-C is still begun', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const { home, first } = await started(portal);
    const waiting = home.start(complete);
    await waiting.line('stderr', /Waiting for your approval/);
    waiting.child.kill('SIGINT');
    expect((await waiting.ended).code).toBe(130);
    portal.control.approve(first.user_code);
    expect(await outcome(home, complete)).toMatchObject({ code: 0 });
  });

  it('keeps several apart by their profile, and the newest of one', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const { home, first } = await started(portal);
    const work = await home.json([...begin, '--profile-id', 'minimax-portal:work']);
    expect(await outcome(home, [...complete, '--profile-id', 'minimax-portal:other'])).toMatchObject({
      error: 'LOGIN_NOT_STARTED',
    });
    expect(await outcome(home, complete)).toMatchObject({ code: 2, error: 'USAGE' });
    const anew = await home.run([...begin, '--json']);
    expect(anew.stderr).toContain('"event":"former_code_dropped"');
    const again = JSON.parse(anew.stdout) as Started;
    portal.control.approve(String(work.value['user_code']));
    portal.control.approve(again.user_code);
    portal.control.deny(first.user_code);
    for (const id of ['minimax-portal:work', 'minimax-portal:default']) {
      const done = await outcome(home, [...complete, '--profile-id', id]);
      expect(done).toMatchObject({ code: 0, value: { profile: { id } } });
    }
  });

  it('is forgotten with a logout, and with a login that is done under its name', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const { home } = await started(portal);
    await home.json([...begin, '--profile-id', 'minimax-portal:work']);
    expect((await home.json(['auth', 'logout', 'minimax-portal:work'])).value).toEqual({
      loggedOut: [],
      forgotten: ['minimax-portal:work'],
    });
    portal.control.set({ autoApproveMs: 0 });
    const done = await home.run([...onboardArgs, '--json']);
    expect(done.stderr).toContain('"event":"former_code_dropped"');
    expect(await outcome(home, complete)).toMatchObject({ error: 'LOGIN_NOT_STARTED' });
    await home.json(begin);
    expect((await home.run(['auth', 'logout', '--all'])).stdout).toMatch(
      /^Logged out: minimax-portal:default .*\nForgotten: the login that was begun for minimax-portal:default/,
    );
    expect((await home.run(['auth', 'logout', '--all'])).stdout).toBe('There was no login.\n');
  });

  it('a start while another process waits for the one before is not forgotten with that', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const { home, first } = await started(portal);
    const waiting = home.start(complete);
    await waiting.line('stderr', /Waiting for your approval/);
    const again = (await home.json(begin)).value as unknown as Started;
    portal.control.deny(first.user_code);
    expect((await waiting.ended).stderr).toContain('declined');
    portal.control.approve(again.user_code);
    expect(await outcome(home, complete)).toMatchObject({ code: 0 });
  });

  it('an approved login is saved, whatever becomes of what was kept of its beginning', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const { home, first } = await started(portal);
    portal.control.approve(first.user_code);
    refuseDeletions(home);
    expect(await outcome(home, complete)).toMatchObject({ code: 0 });
    expect((await home.json(['auth', 'status', '--check'])).code).toBe(0);
  });

  it('is over where the account belongs to the other site', async () => {
    const portal = await startPortal({
      autoApproveMs: null,
      overrides: { grant: { resource_url: 'https://api.minimaxi.com' } },
    });
    const { home, first } = await started(portal);
    portal.control.approve(first.user_code);
    expect(await outcome(home, complete)).toMatchObject({ code: 1, error: 'LOGIN_WRONG_REGION' });
    expect(await outcome(home, complete)).toMatchObject({ code: 1, error: 'LOGIN_NOT_STARTED' });
  });

  it('leaves the login that was there until the new one is saved', async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    portal.control.set({ autoApproveMs: null });
    const { value } = await home.json(begin);
    portal.control.deny(String(value['user_code']));
    expect(await outcome(home, complete)).toMatchObject({ error: 'LOGIN_DENIED' });
    expect((await home.json(['auth', 'status', '--check'])).code).toBe(0);
  });

  it.each([
    [['--start', '--complete'], '--start and --complete'],
    [['--start', '--flow', 'loopback'], 'nothing would listen'],
    [['--start', '--timeout', '5'], '--timeout belongs to --complete'],
    [['--complete', '--timeout', '1.5'], 'whole seconds'],
    [['--complete', '--timeout', 'soon'], 'whole seconds'],
  ])('refuses %j', async (args, message) => {
    const home = createHome();
    const { code, value } = await home.json(['onboard', ...args, '--auth-choice', 'minimax-portal']);
    expect(code).toBe(2);
    expect(JSON.stringify(value)).toContain(message);
  });
});

/** The store takes everything but the end of a secret. */
function refuseDeletions(home: Home): void {
  const file = readdirSync(home.stateDir, { recursive: true, encoding: 'utf8' }).find((name) =>
    name.endsWith('.sqlite'),
  );
  const db = new DatabaseSync(join(home.stateDir, file ?? ''));
  db.exec(`CREATE TRIGGER refuse BEFORE DELETE ON secrets BEGIN SELECT RAISE(ABORT, 'no'); END`);
  db.close();
}

/** A module that sets a process's wall clock forward. */
function laterBy(ms: number): string {
  const code = `const now = Date.now; Date.now = () => now() + ${ms};`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
