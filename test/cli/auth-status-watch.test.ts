// `auth status --watch`: a line or a document for each change, a screen that is painted only where something changed, and
// a store that comes and goes.
/* oxlint-disable no-control-regex -- what a terminal is sent is what is read here */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { OpenClawError } from '../../src/errors.ts';
import type { Terminal } from '../../src/platform/terminal.ts';
import type { Home } from '../support/cli-process.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeContext } from '../support/fake-context.ts';
import { createStatusHome, first, second } from '../support/status-home.ts';

function watch(home: Home, args: readonly string[] = [], changed: Partial<Terminal> = {}) {
  const clock = createFakeClock(Date.now());
  const interrupt = new AbortController();
  const listeners = new Set<() => void>();
  const { context, written } = createFakeContext({
    env: home.env,
    homeDir: home.folder,
    clock,
    signal: interrupt.signal,
  });
  const terminal: Terminal = {
    ...context.terminal,
    onResize(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    ...changed,
  };
  const ended = run(['auth', 'status', '--watch', ...args], { ...context, terminal });
  let seen = 0;
  return {
    ended,
    listeners,
    /** What came since the last call, after a turn of the watch. */
    async next(): Promise<string> {
      while (clock.timerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(1_000);
      while (clock.timerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
      const text = written.out.slice(seen);
      seen = written.out.length;
      return text;
    },
    written,
    interrupt: () =>
      interrupt.abort(new OpenClawError({ code: 'INTERRUPTED', message: 'Stopped by Ctrl-C.' })),
  };
}

it('without a terminal: a line for each change, and Ctrl-C ends it with 0', async () => {
  const { home, store } = await createStatusHome();
  const watched = watch(home);
  expect(await watched.next()).toMatch(
    new RegExp(
      `^\\d{4}-\\S+Z  ${first}  ok  in use \\(first by name\\)\\n\\S+  ${second}  ok  in turn with ${first}\\n$`,
    ),
  );
  expect(await watched.next()).toBe('');
  await store.markDead(first, 1, 'revoked');
  expect(await watched.next()).toMatch(
    new RegExp(`^\\S+  ${second}  ok  in use \\(first by name\\)\\n\\S+  ${first}  needs a new login\\n$`),
  );
  await store.deleteProfile(first);
  expect(await watched.next()).toMatch(new RegExp(`\\S+  ${first}  gone\\n$`));
  watched.interrupt();
  expect(await watched.ended).toBe(0);
  expect(watched.written.err).toBe('');
});

it('with --json: a whole document on one line for each change', async () => {
  const { home, store } = await createStatusHome();
  const watched = watch(home, ['--json']);
  const [line, rest] = (await watched.next()).split('\n');
  expect(rest).toBe('');
  expect(JSON.parse(line ?? '')).toMatchObject({
    at: expect.any(String) as string,
    profiles: [{ id: first }, {}],
  });
  expect(await watched.next()).toBe('');
  await store.recordTransient(second, 1, 'HTTP 503');
  const { profiles } = JSON.parse(await watched.next()) as { profiles: unknown[] };
  expect(profiles).toMatchObject([{ id: first }, { id: second, lastRefresh: { outcome: 'transient' } }]);
  home.writeConfig('{ broken');
  expect(JSON.parse(await watched.next())).toMatchObject({
    check: 1,
    troubles: [{ code: 'CONFIG_SYNTAX' }],
    profiles: [{ id: first, use: 'active' }, { id: second }],
  });
  watched.interrupt();
  expect(await watched.ended).toBe(0);
});

it('goes on while the store and the configuration are away, broken or others', async () => {
  const { home, store } = await createStatusHome();
  const watched = watch(home);
  await watched.next();
  store.close();
  home.writeConfig('{ broken');
  expect(await watched.next()).toBe('');
  expect(watched.written.err).toContain('openclaw.json:1:');
  renameSync(join(home.stateDir, 'auth'), join(home.stateDir, 'auth-away'));
  expect(await watched.next()).toMatch(/No logins yet\.\n.*gone\n.*gone\n/);
  renameSync(join(home.stateDir, 'auth-away'), join(home.stateDir, 'auth'));
  expect(await watched.next()).toContain(`${first}  ok`);
  watched.interrupt();
  expect(await watched.ended).toBe(0);
});

it('in a terminal: a screen of its own that is painted when something changes, and left as it was found', async () => {
  const { home, store } = await createStatusHome();
  let rows = 40;
  const watched = watch(home, [], { outIsTty: true, columns: () => 80, rows: () => rows });
  const start = await watched.next();
  expect(start).toMatch(/^\u001b\[\?1049h\u001b\[\?25l\u001b\[\?7l\u001b\[H/);
  expect(start).toContain('Ctrl-C ends it');
  await store.markDead(first, 1, 'revoked');
  const changed = await watched.next();
  expect(changed).toMatch(/^\u001b\[H[^]*needs a new login[^]*\u001b\[J$/);
  expect(changed).not.toContain('\u001b[2J');
  rows = 5;
  for (const listener of watched.listeners) listener();
  expect(await watched.next()).toMatch(/… \d+ more lines: make the window higher/);
  watched.interrupt();
  expect(await watched.ended).toBe(0);
  const end = watched.written.out.slice(watched.written.out.lastIndexOf('\u001b[?1049l'));
  expect(end).toContain(`Next     openclaw auth login --profile-id ${first}`);
  expect(watched.written.out).toContain('\u001b[?7h\u001b[?25h\u001b[?1049l');
  expect(watched.listeners.size).toBe(0);
});

it('ends when nobody reads it any more', async () => {
  const { home } = await createStatusHome();
  let isGone = false;
  const watched = watch(home, [], { outIsGone: () => isGone });
  await watched.next();
  isGone = true;
  void watched.next().catch(() => undefined);
  expect(await watched.ended).toBe(0);
});
