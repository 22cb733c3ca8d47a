// What is said when the key that was read does not open the store, or none was there: the place that was read, and who
// named it. A variable that points elsewhere is what is to be mended then, and the store is no worse for it.
import { OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import { phraseOf } from './key-choice.ts';
import type { KeyRecord } from './key-record.ts';

/** The file that a key or passphrase was read from. */
export type KeyPlace = {
  readonly path: string;
  /** The variable of the environment that named it. */
  readonly variable?: string | undefined;
};

/** KEY_WRONG; `data.namedBy` is the variable, when what it names is not what the store has recorded. */
export function keyWrong(record: KeyRecord, place: KeyPlace | undefined, authDir: string): OpenClawError {
  if (record.kind === 'passphrase' && place === undefined) {
    return new OpenClawError({
      code: 'KEY_WRONG',
      message: 'That is not the passphrase of this store',
      remedy:
        'Try again: run the command again. If the passphrase is lost for good, keep {place} aside and log in again: `openclaw auth login --set-aside-store`.',
      data: dataFor(record, place, authDir),
    });
  }
  const what = record.kind === 'passphrase' ? 'passphrase' : 'key';
  const from = place === undefined ? `from ${phraseOf(record.kind)}` : `in ${shownPlace(place)}`;
  return new OpenClawError({
    code: 'KEY_WRONG',
    message: `The ${what} ${from} is not the one that the stored logins were sealed with`,
    ...remedyFor(record, place),
    data: dataFor(record, place, authDir),
  });
}

/** KEY_MISSING; `data.namedBy` as of `keyWrong`. */
export function keyMissing(
  record: KeyRecord,
  missing: { readonly place?: KeyPlace; readonly detail?: string },
  authDir: string,
): OpenClawError {
  const { place } = missing;
  const detail =
    missing.detail ?? (place === undefined ? 'nothing' : `there is no file ${shownPlace(place)}`);
  return new OpenClawError({
    code: 'KEY_MISSING',
    message: `The key that opens the stored logins is gone from ${phraseOf(record.kind)}: ${detail}`,
    ...remedyFor(record, place),
    data: dataFor(record, place, authDir),
  });
}

function shownPlace({ path, variable }: KeyPlace): string {
  return `${cleanText(path, 300)}${variable === undefined ? '' : ` (${variable})`}`;
}

/** The variable, when the place that it names was not recorded with the store. No file is recorded for a passphrase. */
function strayVariable({ kind, location }: KeyRecord, place: KeyPlace | undefined): string | undefined {
  return kind === 'passphrase' || place?.path !== location ? place?.variable : undefined;
}

function remedyFor(record: KeyRecord, place: KeyPlace | undefined): { remedy?: string } {
  const variable = strayVariable(record, place);
  if (variable === undefined) return {};
  const remedy =
    record.kind === 'passphrase'
      ? `Name a file with the right passphrase in ${variable}, or unset it to be asked in a terminal.`
      : `The store was sealed with the key in ${cleanText(record.location ?? '', 300)}: name that file in ${variable}, or unset it.`;
  return { remedy: `${remedy} Nothing is lost.` };
}

function dataFor(record: KeyRecord, place: KeyPlace | undefined, authDir: string): Record<string, string> {
  const variable = strayVariable(record, place);
  return {
    place: cleanText(authDir, 300),
    ...(variable === undefined ? {} : { namedBy: variable }),
  };
}
