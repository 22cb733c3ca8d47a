// `auth clear-cooldown`: has logins tried again at once that are left alone after a failure. A gateway that runs writes down
// what it knows, and follows what is written, a few times a second: it is waited for, so that what is said is so.
import { describeCooldownReason } from '../../auth/candidates.ts';
import { OpenClawError } from '../../errors.ts';
import { cleanText } from '../../platform/text.ts';
import { createActivityStore } from '../../store/activity-store.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { sleep } from '../../platform/clock.ts';
import { findGateway, gatewayFiles } from '../gateway-record.ts';
import { openApp } from '../open-app.ts';

const busyWaitMs = 2_000;
/** Longer than its turn takes (resolver.ts). */
const gatewayFollowsMs = 400;

export async function authClearCooldown(
  context: CommandContext,
  options: OutputOptions,
  named: string | undefined,
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const activity = createActivityStore(app.activity({ mode: 'keep', busyWaitMs }));
    const { running } = await findGateway(gatewayFiles(app.paths.runDir), context.clock);
    const followed = (): Promise<void> =>
      running === undefined ? Promise.resolve() : sleep(context.clock, gatewayFollowsMs, context.signal);
    let cleared = activity.clearCooldowns(named);
    if (cleared.length === 0 && running !== undefined) {
      await followed();
      cleared = activity.clearCooldowns(named);
    }
    if (cleared.length === 0 && named !== undefined && !(await isKnown(named))) {
      throw new OpenClawError({
        code: 'PROFILE_UNKNOWN',
        message: `There is no login ${cleanText(named, 80)}, and no cooldown of that name.`,
      });
    }
    if (cleared.length > 0) await followed();
    output.result({
      cleared: cleared.map(({ profileId, model, reason, untilMs }) => ({
        profile: profileId,
        model: model === '' ? null : model,
        reason,
        until: new Date(untilMs).toISOString(),
      })),
    });
    if (cleared.length === 0) output.line('Nothing is cooling down.');
    for (const { profileId, model, reason } of cleared) {
      const scope = model === '' ? '' : ` for ${cleanText(model, 120)}`;
      output.line(
        `${output.style.good('✓')} ${cleanText(profileId, 120)}${scope} is tried again (was: ${cleanText(describeCooldownReason(reason), 80)})`,
      );
    }
    return 0;
  } finally {
    app.close();
  }

  async function isKnown(id: string): Promise<boolean> {
    return id.endsWith(':key') || (await app.store().listProfiles()).some((record) => record.id === id);
  }
}
