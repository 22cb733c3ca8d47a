// Where the key is kept: the word that a person types for it, and how it is told in words and as JSON.
import { OpenClawError } from '../../errors.ts';
import { quotedText } from '../../platform/text.ts';
import { en } from '../../language/en.ts';
import { fillText } from '../../language/fill-text.ts';
import type { Texts } from '../../language/texts.ts';
import type { KeyRecord } from '../../store/credential-store.ts';
import { keyKinds, type KeyKind } from '../../vault/key-record.ts';

/** Throws USAGE with this remedy for a kind that there is not. */
export function readKeyKind(word: string, remedy: string): KeyKind {
  const kind = keyKinds.find((known) => known === word);
  if (kind !== undefined) return kind;
  const lasting = keyKinds.filter((known) => known !== 'memory');
  throw new OpenClawError({
    code: 'USAGE',
    message: `There is no storage ${quotedText(word, 40)}. There is: ${lasting.join(', ')}.`,
    remedy,
  });
}

type StorageTexts = Pick<Texts, Extract<keyof Texts, `kept${string}`>>;

/** `safe` is false where the key lies beside what it opens; `place` is what a person would look at. */
export function describeStorage(
  key: KeyRecord,
  texts: StorageTexts = en,
): { text: string; safe: boolean; place?: string } {
  const place = key.location === undefined ? {} : { place: key.location };
  switch (key.kind) {
    case 'keychain':
      return { text: texts.keptKeychain, safe: true, ...place };
    case 'credentials-directory':
      return { text: texts.keptServiceManager, safe: true, ...place };
    case 'key-file':
      return {
        text: fillText(texts.keptKeyFile, { file: key.location ?? 'a key file' }),
        safe: true,
        ...place,
      };
    case 'passphrase':
      return { text: texts.keptPassphrase, safe: true };
    case 'insecure-file':
      return {
        text: texts.keptInsecure,
        safe: false,
        ...place,
      };
    case 'memory':
      return { text: texts.keptMemory, safe: true };
  }
}

export function storageToJson(key: KeyRecord): Record<string, unknown> {
  const { text, safe, place } = describeStorage(key);
  return {
    kind: key.kind,
    text,
    safe,
    ...(place === undefined ? {} : { location: place }),
    since: new Date(key.createdAtMs).toISOString(),
  };
}
