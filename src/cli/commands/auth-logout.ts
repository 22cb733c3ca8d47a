// `auth logout`: the server is told if it can be, the login is deleted in any case, other logins stay. One of the same name
// that was begun in two steps is forgotten with it.
import { performLogout } from '../../auth/login.ts';
import { OpenClawError, toOpenClawError } from '../../errors.ts';
import { cleanText, quotedText } from '../../platform/text.ts';
import type { ProviderPlugin } from '../../plugin-sdk/index.ts';
import type { App } from '../../app.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { openApp } from '../open-app.ts';
import { forgetPendingLogin, pendingIds } from '../pending-login.ts';
import { pickProfile } from '../profile-argument.ts';
import type { WizardStage } from '../wizard/setup-walk.ts';

export async function authLogout(
  context: CommandContext,
  options: OutputOptions & { all?: boolean },
  named: string | undefined,
  stage: Pick<WizardStage, 'ask'> = {},
): Promise<number> {
  const output = createOutput(context, options);
  if (options.all === true && named !== undefined) {
    throw new OpenClawError({
      code: 'USAGE',
      message: `--all means every login, and ${quotedText(named, 80)} is one: which of the two is meant?`,
      remedy: 'Leave one of them out. See what there is: `openclaw auth status`.',
    });
  }
  const app = openApp(context, options);
  try {
    const records = await app.store().listProfiles();
    const begun = await pendingIds(app.store());
    const isOnlyBegun =
      named !== undefined && begun.includes(named) && !records.some(({ id }) => id === named);
    const chosen =
      options.all === true
        ? records
        : isOnlyBegun
          ? []
          : [
              await pickProfile(records, named, {
                context,
                options,
                stage,
                command: 'auth logout',
                message: 'Which login do you want to delete?',
              }),
            ];
    const done: { id: string; revoked: boolean; trouble?: string }[] = [];
    for (const record of chosen) {
      const { provider, trouble } = await findProvider(app, record.provider);
      const outcome = await performLogout({ store: app.store(), clock: context.clock }, provider, record.id);
      const remark = outcome.trouble ?? trouble;
      done.push({
        id: record.id,
        revoked: outcome.revoked,
        ...(remark === undefined ? {} : { trouble: remark }),
      });
      const told = outcome.revoked ? 'and revoked at the server' : 'here; the server was not told';
      output.line(`Logged out: ${record.id} (deleted ${told})`);
      if (remark !== undefined) output.note(`  ${remark}`);
    }
    const left = begun.filter(
      (id) => options.all === true || id === named || chosen.some((each) => each.id === id),
    );
    const forgotten: string[] = [];
    for (const id of left) {
      if (!(await forgetPendingLogin(app.store(), id))) continue;
      forgotten.push(id);
      output.line(`Forgotten: the login that was begun for ${cleanText(id, 120)} and not finished`);
    }
    if (chosen.length === 0 && forgotten.length === 0) output.line('There was no login.');
    output.result({ loggedOut: done, forgotten });
    return 0;
  } finally {
    app.close();
  }
}

/** A plugin that is off or broken does not keep anybody from logging out. */
async function findProvider(
  app: App,
  id: string,
): Promise<{ provider: ProviderPlugin | undefined; trouble?: string }> {
  try {
    return { provider: await app.plugins().provider(id) };
  } catch (error) {
    return { provider: undefined, trouble: toOpenClawError(error).message };
  }
}
