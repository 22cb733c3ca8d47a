// The last question of a first run, when it gets no answer: a person who cancels stops there, a terminal that has gone is
// no answer at all.
import { describe, expect, it } from 'vitest';
import { createOutput } from '../../src/cli/command-context.ts';
import { offerGateway } from '../../src/cli/gateway-offer.ts';
import { openApp } from '../../src/cli/open-app.ts';
import { OpenClawError } from '../../src/errors.ts';
import { createHome } from '../support/cli-process.ts';
import { createFakeContext } from '../support/fake-context.ts';

describe('the offer to start the gateway', () => {
  it.each([
    ['is cancelled', false, 130],
    ['can be answered by nobody any more', true, 0],
  ])('that %s starts nothing', async (_, unattended, exitCode) => {
    const home = createHome();
    const reason = new OpenClawError({ code: 'INTERRUPTED', message: 'Stopped.', data: { unattended } });
    const plain = createFakeContext({ env: home.env, homeDir: home.folder }).context;
    const terminal = { ...plain.terminal, interactive: true };
    const context = { ...plain, terminal, signal: AbortSignal.abort(reason) };
    const app = openApp(context, {});
    const offer = await offerGateway(app, context, createOutput(context, {}), {});
    app.close();
    expect(offer).toEqual({ isRunning: false, exitCode, result: null });
  });
});
