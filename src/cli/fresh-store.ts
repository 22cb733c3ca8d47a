// A login on a store that cannot be opened any more: the old one is moved aside, never overwritten, and only when a
// person says so.
import { isOpenClawError, type ErrorCode } from '../errors.ts';
import type { App } from '../app.ts';
import type { CommandContext, Output } from './command-context.ts';
import { createPrompter } from './ui/prompter.ts';

/** What a new login mends. A keychain that is locked or absent is none of them: the key may still be there. */
const hopeless: ReadonlySet<ErrorCode> = new Set(['STORE_CORRUPT', 'KEY_MISSING', 'KEY_WRONG']);

/** Runs `work`; when the store is beyond opening and `setAside` or a person says so, begins a new one and runs it again. */
export async function withFreshStore<T>(
  app: App,
  context: CommandContext,
  output: Output,
  options: { setAsideStore?: boolean; interactive: boolean },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isOpenClawError(error) || !hopeless.has(error.code)) throw error;
    if (options.setAsideStore !== true) {
      if (!options.interactive) throw error;
      output.note(`${error.message}.\n  ${error.remedy}`);
      const isWanted = await createPrompter(context, output, true).confirm({
        message: 'Keep the old store aside and begin a new one?',
        initialValue: false,
        flag: '--set-aside-store',
      });
      if (!isWanted) throw error;
    }
    const aside = await app.store().setAside();
    if (aside === undefined) throw error;
    output.note(`The old store is kept in ${aside}`, { event: 'store_set_aside', folder: aside });
    return work();
  }
}
