// A login on a store that cannot be opened any more: the old one is moved aside, never overwritten, and only when a
// person says so.
import { basename, dirname } from 'node:path';
import { OpenClawError, isOpenClawError, type ErrorCode } from '../errors.ts';
import { setAsideStore } from '../auth/set-aside.ts';
import { shellWord } from '../platform/shell-word.ts';
import { cleanText } from '../platform/text.ts';
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
  options: { setAsideStore?: boolean; interactive: boolean; onAside?: (folder: string) => void },
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
      options.onAside?.(aside);
    }
    try {
      return await work();
    } catch (again) {
      throw withAside(again, aside);
    }
  }
}

/** What became of the old store, in the error of a login that was not saved: its remedy must not say that nothing changed. */
export function withAside(error: unknown, aside: string | undefined): unknown {
  if (aside === undefined || !isOpenClawError(error)) return error;
  const files = ['', '-wal', '-shm'].map((ending) => `credentials.sqlite${ending}`).join(' ');
  const folder = cleanText(dirname(aside), 300);
  return new OpenClawError({
    code: error.code,
    message: `${error.message.replace(/[.]?$/, '.')} The old store stays aside in ${cleanText(aside, 300)}.`,
    remedy: `${error.remedy.replace(/^Nothing was changed[.;] ?(.)/, (_, first: string) => first.toUpperCase())} To put the old store back: \`cd ${shellWord(folder)} && rm -f ${files} && mv ${shellWord(basename(aside))}/* .\`.`,
    data: error.data,
    cause: error.cause,
  });
}

/** What a new login would mend, unless it is found that the key is in another place. */
export function isBeyondOpening(error: unknown): boolean {
  return isOpenClawError(error) && isHopeless(error);
}

/** A key that does not fit, from a place that only this environment names, says nothing of the store. */
function isHopeless(error: OpenClawError): boolean {
  return hopeless.has(error.code) && error.data['namedBy'] === undefined;
}
