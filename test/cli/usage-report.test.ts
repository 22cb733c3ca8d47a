// `openclaw usage`: what a person and a program see of the ledger and of the plans, and what it does without either.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createLedger } from '../../src/gateway/ledger.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLog } from '../../src/platform/log.ts';
import { createPrices } from '../../src/providers/prices.ts';
import { openActivityDatabase } from '../../src/store/activity-database.ts';
import { createHome, loggedIn, startPortal, type Home } from '../support/cli-process.ts';

function useUp(home: Home, agoMs = 0): void {
  const database = openActivityDatabase(home.stateDir, { mode: 'keep', warn: () => undefined });
  const clock = { ...systemClock, nowMs: () => Date.now() - agoMs };
  const ledger = createLedger({ database, prices: createPrices(new Map()), clock, log: silentLog });
  const definition = {
    id: 'MiniMax-M3',
    name: 'M3',
    reasoning: true,
    input: ['text'],
    cost: { input: 0.6, output: 2.4, cacheRead: 0.12, cacheWrite: 0 },
    contextWindow: 1,
    maxTokens: 1,
  } as const;
  const route = { ref: 'minimax/MiniMax-M3', definition };
  const usage = { input: 1_234_567, output: 50_000, cacheRead: 0, cacheWrite: 0 };
  ledger.note({ route, profileId: 'minimax:key', isFailed: false, usage });
  ledger.note({ route, profileId: 'minimax:key', isFailed: false, usage: undefined });
  ledger.note({ route, profileId: 'minimax:work', isFailed: true, usage: undefined });
  ledger.stop();
  database.close();
}

it('shows tokens and cost in a table, and the windows of the plan', async () => {
  const home = await loggedIn(await startPortal());
  useUp(home);
  const { code, stdout, stderr } = await home.run(['usage']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [ledger, plan] = stdout.split('\n\n');
  expect(ledger).toMatch(/^Since \d{4}-\d\d-\d\d \d\d:00 UTC\n/);
  expect(ledger?.split('\n').slice(1).join('\n')).toBe(
    `Model               Requests  Failed      Input  Cache read  Cache write  Output     Cost
minimax/MiniMax-M3         3       1  1,234,567           0            0  50,000  $0.8607
Total                      3       1  1,234,567           0            0  50,000  $0.8607
1 of these answers did not tell what they used.`,
  );
  expect(plan).toMatch(
    /^MiniMax plan {2}minimax-portal:default\n {2}this window {2}[█▏▎▍▌▋▊▉]*░+ {2}\d+ % used {2}starts anew in .+ \(.+ UTC\)\n/,
  );
});

it('gives programs whole numbers', async () => {
  const portal = await startPortal();
  const home = await loggedIn(portal);
  useUp(home);
  const { code, value } = await home.json(['usage', '--by', 'profile']);
  expect(code).toBe(0);
  const tokens = { input: 1_234_567, output: 50_000, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  expect(value).toMatchObject({
    by: 'profile',
    groups: [
      { name: 'minimax:key', requests: 2, failures: 0, unmeasured: 1, tokens, costNanoUsd: 860_740_200 },
      { name: 'minimax:work', requests: 1, failures: 1, unmeasured: 0 },
    ],
    total: { requests: 3, costUsd: 0.8607402, tokens },
    plans: [{ profile: 'minimax-portal:default', name: 'MiniMax plan', error: null }],
  });
  // A plan that does not answer takes nothing from the rest.
  await portal.stop();
  const later = await home.json(['usage']);
  expect(later).toMatchObject({ code: 0, value: { total: { requests: 3 } } });
  expect(later.value['plans']).toMatchObject([{ windows: [], error: expect.stringMatching(/./) as string }]);
});

it('counts from the hour that is asked for', async () => {
  const home = createHome();
  useUp(home, 26 * 3_600_000);
  const requests = async (...since: string[]): Promise<unknown> =>
    ((await home.json(['usage', '--no-plan', ...since])).value['total'] as { requests: number }).requests;
  expect(await requests()).toBe(3);
  expect(await requests('--since', '2d')).toBe(3);
  expect(await requests('--since', '24h')).toBe(0);
  expect(await requests('--since', '30m')).toBe(0);
  const { stdout } = await home.run(['usage', '--by', 'day', '--no-plan']);
  expect(stdout).toMatch(/\nDay \(UTC\) .*\n\d{4}-\d\d-\d\d +3 /);
});

it.each([
  [['--since', '7'], '--since takes a number of days, hours or minutes'],
  [['--since', '0d'], '--since takes'],
  [['--since', '900d'], 'up to 400d, not "900d"'],
  [['--since', '1w\u001b[31m'], 'not "1w"'],
  [['--by', 'week'], '--by takes model, day or profile, not "week"'],
])('refuses %j', async (args, complaint) => {
  const { code, stderr } = await createHome().run(['usage', ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(complaint);
  expect(stderr).toContain('openclaw usage --');
});

it('says so where there is nothing, and names what is wrong with the prices', async () => {
  const home = createHome();
  writeFileSync(join(home.stateDir, 'models.json'), '{ "a/b": {\n  "inptu": 1 } }');
  const { code, stdout, stderr } = await home.run(['usage']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^No requests since .+ UTC\.\n$/);
  expect(stderr).toMatch(/Warning: .+models\.json:2:3: "inptu" is no kind of price: did you mean input\?/);
});

it('goes on without a ledger that cannot be read, and ends with 1', async () => {
  const home = createHome();
  writeFileSync(join(home.stateDir, 'activity.sqlite'), 'no database at all '.repeat(100));
  const { code, stdout, stderr } = await home.run(['usage', '--no-plan']);
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain('Warning: the ledger cannot be read: ');
});
