// A login on a store that cannot be opened any more: the old one is moved aside, never overwritten, and only when a
// person says so.
import { isOpenClawError, type ErrorCode, type OpenClawError } from '../errors.ts';
import { setAsideStore } from '../auth/set-aside.ts';
import type { CredentialStore } from '../store/credential-store.ts';
import type { CommandContext, Output } from './command-context.ts';
import { createPrompter } from './ui/prompter.ts';

/** What a new login mends. A keychain that is locked or absent is none of them: the key may still be there. */
const hopeless: ReadonlySet<ErrorCode> = new Set(['STORE_CORRUPT', 'KEY_MISSING', 'KEY_WRONG']);

/** Runs `work`; when the store is beyond opening and `setAside` or a person says so, begins a new one and runs it again. */
export async function withFreshStore<T>(
  store: CredentialStore,
  context: CommandContext,
  output: Output,
  options: { setAsideStore?: boolean; interactive: boolean },
  work: () => Promise<T>,
): Promise<T> {
  const failed = store.identity();
  try {
    return await work();
  } catch (error) {
    if (!isOpenClawError(error) || !isHopeless(error)) throw error;
    if (options.setAsideStore !== true) {
      if (!options.interactive) throw error;
      output.note(`${error.message}.\n  ${error.remedy}`);
      const isWanted = await createPrompter(context, output, { interactive: true }).confirm({
        message: 'Keep the old store aside and begin a new one?',
        initialValue: false,
        flag: '--set-aside-store',
      });
      if (!isWanted) throw error;
    }
    if (failed === undefined) throw error;
    const aside = await setAsideStore(store, context.clock, failed);
    // undefined: somebody else has begun a new one while this process waited, and the login goes there.
    if (aside !== undefined) {
      output.note(`The old store is kept in ${aside}`, { event: 'store_set_aside', folder: aside });
    }
    return work();
  }
}

/** A key that does not fit, from a place that only this environment names, says nothing of the store. */
function isHopeless(error: OpenClawError): boolean {
  return hopeless.has(error.code) && error.data['namedBy'] === undefined;
}
