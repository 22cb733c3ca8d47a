// `auth refresh`: trades the refresh token now, whatever the dates say.
import { refreshNow } from '../../app.ts';
import { OpenClawError } from '../../errors.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { openApp } from '../open-app.ts';
import { pickProfile } from '../profile-argument.ts';
import { formatRelative } from '../ui/duration.ts';
import type { WizardStage } from '../wizard/setup-walk.ts';

export async function authRefresh(
  context: CommandContext,
  options: OutputOptions,
  named: string | undefined,
  stage: Pick<WizardStage, 'ask'> = {},
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const { id } = await pickProfile(await app.store().listProfiles(), named, {
      context,
      options,
      stage,
      command: 'auth refresh',
      message: 'Which login do you want to refresh?',
    });
    const stored = await app.store().readProfile(id);
    if (stored === undefined)
      throw new OpenClawError({ code: 'PROFILE_UNKNOWN', message: `There is no login ${id} any more.` });
    const { record } = await refreshNow(app, stored, context.signal, (error) =>
      output.note(
        `The service has given a new token, but it cannot be saved yet: ${error.message}\n  Still trying. To stop now (Ctrl-C) would lose the login.`,
        { event: 'not_saved_yet', message: error.message },
      ),
    );
    const nowMs = context.clock.nowMs();
    output.line(
      `${output.style.good('✓')} Refreshed: ${record.id}${record.expiresAtMs === undefined ? '' : `, access ends ${formatRelative(record.expiresAtMs, nowMs)}`}`,
    );
    output.result({
      id: record.id,
      generation: record.generation,
      expiresAt: record.expiresAtMs === undefined ? null : new Date(record.expiresAtMs).toISOString(),
    });
    return 0;
  } finally {
    app.close();
  }
}
