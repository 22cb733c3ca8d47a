// Ctrl-C while the program waits for an approval: asleep between polls, and in the middle of a request that hangs.
// OPENCLAW_TEST_TABLE=1 prints how long it took; nothing is asserted about that.
import { describe, expect, it } from 'vitest';
import type { FaultRequest } from '../../extensions/minimax-portal-auth/simulator/faults.ts';
import { createHome, onboardArgs, startPortal } from '../support/cli-process.ts';
import { until } from '../support/refresh-holds.ts';

const moments: [what: string, fault: FaultRequest | undefined][] = [
  ['asleep between polls', undefined],
  ['in a poll that hangs', { target: 'poll', kind: 'late_answer', delayMs: 60_000 }],
];

describe('Ctrl-C', () => {
  it.each(moments)('D15: ends the program %s, with 130, and nothing is kept', async (what, fault) => {
    const portal = await startPortal({ autoApproveMs: null });
    if (fault !== undefined) portal.control.addFault(fault);
    const home = createHome();
    home.writeConfig(portal.config);
    const onboard = home.start(onboardArgs);
    await onboard.line('stderr', /Code/);
    const wantedPolls = fault === undefined ? 0 : 1;
    await until(() => portal.control.state().counters.polls >= wantedPolls);
    const sentMs = performance.now();
    onboard.child.kill('SIGINT');
    await new Promise((resolve) => onboard.child.once('exit', resolve));
    if (process.env['OPENCLAW_TEST_TABLE'] === '1')
      process.stdout.write(`Ctrl-C ${what}: ended after ${Math.round(performance.now() - sentMs)} ms\n`);
    expect(await onboard.ended).toMatchObject({ code: 130, signal: null });
    expect((await home.json(['auth', 'status'])).value).toMatchObject({ profiles: [] });
  });

  it('D15: ends a start that meets trouble', async () => {
    const portal = await startPortal();
    portal.control.addFault({ target: 'device', kind: 'status', status: 503, times: 50 });
    const home = createHome();
    home.writeConfig(portal.config);
    const onboard = home.start(onboardArgs);
    await onboard.line('stderr', /HTTP 503/);
    onboard.child.kill('SIGINT');
    expect(await onboard.ended).toMatchObject({ code: 130, signal: null });
  });
});
