// Decides where a store's key is kept: what was recorded is obeyed; before that, what a person asked for; before that,
// the ladder (systemd credentials, mounted key file, keychain, passphrase, memory in CI). Pure: it sees facts and names
// the next step. It never chooses plain text by itself, and a keychain that is locked is not one that is absent.
import { OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import { keyKinds } from './key-record.ts';
import type { KeyKind } from './key-record.ts';

export type KeyFacts = {
  /** The kind that the store was made with. */
  readonly recorded?: KeyKind;
  /** `--storage`, as typed. */
  readonly flag?: string;
  /** OPENCLAW_AUTH_STORAGE, as found; any flag wins over it. */
  readonly variable?: string;
  /** `--insecure-storage` */
  readonly insecureStorage: boolean;
  /** `--ephemeral` */
  readonly ephemeral: boolean;
  /** Whether systemd provided the file `openclaw-auth-key`. */
  readonly hasCredentialsFile: boolean;
  /** Whether OPENCLAW_AUTH_KEY_FILE is set. */
  readonly hasKeyFile: boolean;
  /** Whether OPENCLAW_PASSPHRASE_FILE is set. */
  readonly hasPassphraseFile: boolean;
  /** Whether a person can be asked for a passphrase. */
  readonly canAsk: boolean;
  /** The answer of the keychain's probe, once it was asked. */
  readonly keychain: 'not asked' | 'usable' | OpenClawError;
  /** CI=true */
  readonly isCi: boolean;
};

export type KeyDecision =
  | { readonly action: 'use'; readonly kind: KeyKind }
  /** Ask the keychain, then decide again. */
  | { readonly action: 'probe' }
  | { readonly action: 'refuse'; readonly error: OpenClawError };

export function decideKeySource(facts: KeyFacts): KeyDecision {
  const asked = askedFor(facts);
  if (asked instanceof OpenClawError) return { action: 'refuse', error: asked };
  if (facts.recorded !== undefined) {
    if (asked !== undefined && asked !== facts.recorded) return conflict(facts.recorded, asked, facts);
    return { action: 'use', kind: facts.recorded };
  }
  if (asked === 'keychain') return whenKeychain(facts, undefined);
  if (asked === 'passphrase' && !facts.hasPassphraseFile && !facts.canAsk) {
    return { action: 'refuse', error: passphraseRequired('Storage passphrase was asked for') };
  }
  if (asked === 'key-file' && !facts.hasKeyFile)
    return refuseWithoutFile('key-file', 'OPENCLAW_AUTH_KEY_FILE');
  if (asked === 'credentials-directory' && !facts.hasCredentialsFile) {
    return refuseWithoutFile(asked, 'LoadCredential=openclaw-auth-key in the systemd unit');
  }
  if (asked !== undefined) return { action: 'use', kind: asked };
  if (facts.hasCredentialsFile) return { action: 'use', kind: 'credentials-directory' };
  if (facts.hasKeyFile) return { action: 'use', kind: 'key-file' };
  return whenKeychain(facts, lastResort(facts));
}

/** What is taken when the keychain did not pass. */
function lastResort(facts: KeyFacts): KeyKind | undefined {
  if (facts.hasPassphraseFile) return 'passphrase';
  if (facts.isCi) return 'memory';
  // A person is asked only where there is no keychain at all: one that is locked will be there again.
  const isAbsent = facts.keychain instanceof OpenClawError && facts.keychain.code === 'KEYCHAIN_UNAVAILABLE';
  return facts.canAsk && isAbsent ? 'passphrase' : undefined;
}

/** There is no file with the passphrase and nobody to ask for it. */
export function passphraseRequired(what: string): OpenClawError {
  return new OpenClawError({
    code: 'PASSPHRASE_REQUIRED',
    message: `${what}, and there is neither a file with the passphrase nor a terminal to ask in`,
  });
}

/** The kind that a person named, undefined when none was; USAGE when the options contradict each other. */
export function askedFor(
  facts: Pick<KeyFacts, 'flag' | 'variable' | 'insecureStorage' | 'ephemeral'>,
): KeyKind | undefined | OpenClawError {
  const flags = new Map<string, KeyKind>();
  if (facts.flag !== undefined) {
    const kind = kindOf(facts.flag);
    if (kind === undefined) return unknownKind('--storage', facts.flag);
    flags.set(`--storage ${kind}`, kind);
  }
  if (facts.insecureStorage) flags.set('--insecure-storage', 'insecure-file');
  if (facts.ephemeral) flags.set('--ephemeral', 'memory');
  const kinds = [...new Set(flags.values())];
  if (kinds.length > 1) {
    return new OpenClawError({
      code: 'USAGE',
      message: `${[...flags.keys()].join(' and ')} contradict each other`,
      remedy: 'Give one of them.',
    });
  }
  if (kinds[0] !== undefined) return kinds[0];
  if (facts.variable === undefined || facts.variable === '') return undefined;
  return kindOf(facts.variable) ?? unknownKind('OPENCLAW_AUTH_STORAGE', facts.variable);
}

function kindOf(text: string): KeyKind | undefined {
  return keyKinds.find((kind) => kind === text);
}

function whenKeychain(facts: KeyFacts, otherwise: KeyKind | undefined): KeyDecision {
  if (facts.keychain === 'not asked') return { action: 'probe' };
  if (facts.keychain === 'usable') return { action: 'use', kind: 'keychain' };
  if (otherwise !== undefined) return { action: 'use', kind: otherwise };
  return { action: 'refuse', error: facts.keychain };
}

function conflict(
  recorded: KeyKind,
  asked: KeyKind,
  { flag, insecureStorage }: Pick<KeyFacts, 'flag' | 'insecureStorage'>,
): KeyDecision {
  const by = flag === undefined && !insecureStorage ? 'OPENCLAW_AUTH_STORAGE' : '--storage';
  const error = new OpenClawError({
    code: 'STORAGE_CONFLICT',
    message: `The store keeps its key in ${phraseOf(recorded)} (${recorded}), and ${asked} was asked for (${by})`,
    ...(asked === 'memory' ? { remedy: `Leave ${by} out to use what the store was made with.` } : {}),
    data: { recorded, asked, by },
  });
  return { action: 'refuse', error };
}

function refuseWithoutFile(kind: KeyKind, what: string): KeyDecision {
  const error = new OpenClawError({
    code: 'INPUT_REQUIRED',
    message: `Storage ${kind} was asked for without naming a key (${what})`,
    remedy: `Make a key with \`openssl rand -hex 32\` in a file of your own and name it: ${what}.`,
    data: { flag: what },
  });
  return { action: 'refuse', error };
}

function unknownKind(source: string, value: string): OpenClawError {
  return new OpenClawError({
    code: 'USAGE',
    message: `${source} does not know "${cleanText(value, 60)}": it is one of ${keyKinds.join(', ')}`,
    remedy: `Leave ${source} out to take the safest place there is, or name one of them.`,
  });
}

/** The kind in words, for messages. */
export function phraseOf(kind: KeyKind): string {
  return {
    keychain: 'the OS keychain',
    'credentials-directory': "systemd's credentials directory",
    'key-file': 'a mounted key file',
    passphrase: 'a passphrase',
    'insecure-file': 'an unprotected file beside it',
    memory: 'memory alone',
  }[kind];
}
