// What kind of value each argument and each option takes, by its name: fixed words, something that lives in the files of
// this user, a file, or text that nobody can guess. Completion offers by it, and mistyped values are judged by it.
import type { Argument, Command, Option } from 'commander';
import { tools } from '../tool-settings.ts';
import { pathOf } from '../usage/command-tree.ts';

/** Values that change with configuration, plugins and logins. */
export type LiveKind = 'model' | 'profile' | 'plugin' | 'config-path' | 'provider' | 'auth-choice' | 'alias';

export type ValueKind =
  /** `closed`: there is no other, whatever plugins and configuration say. */
  | { readonly kind: 'words'; readonly words: readonly string[]; readonly closed?: boolean }
  | { readonly kind: 'live'; readonly live: LiveKind }
  | { readonly kind: 'command' }
  | { readonly kind: 'file' }
  | { readonly kind: 'text' };

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

const words = (...list: readonly string[]): ValueKind => ({ kind: 'words', words: list });
const only = (...list: readonly string[]): ValueKind => ({ kind: 'words', words: list, closed: true });
const live = (kind: LiveKind): ValueKind => ({ kind: 'live', live: kind });
const file: ValueKind = { kind: 'file' };
const text: ValueKind = { kind: 'text' };

/** By `--flag`; in front of it the command where one name means several things. */
const optionKinds: Readonly<Record<string, ValueKind>> = {
  '--auth-choice': live('auth-choice'),
  '--region': only('global', 'cn'),
  '--flow': only('auto', 'device', 'loopback'),
  '--storage': words('keychain', 'passphrase', 'key-file', 'credentials-directory'),
  '--profile-id': live('profile'),
  '--model': live('model'),
  '--provider': live('provider'),
  '--by': only('model', 'day', 'profile'),
  '--since': text,
  '--key-file': file,
  '--passphrase-file': file,
  '--port': text,
  '--timeout': text,
  '--api-key-env': text,
  '--base-url': text,
  '--section': words('model', 'gateway'),
  '--fallback': live('model'),
  '--lines': text,
};

type ArgumentKind = { readonly kind: ValueKind; readonly description: string };

/** By name, in the same way. */
const argumentKinds: Readonly<Record<string, ArgumentKind>> = {
  profile: { kind: live('profile'), description: 'a login, by its name in `openclaw auth status`' },
  profiles: { kind: live('profile'), description: 'logins by name, the first choice first' },
  provider: { kind: live('provider'), description: 'a provider, such as minimax-portal' },
  'models aliases add alias': { kind: text, description: 'a short name of your own' },
  alias: { kind: live('alias'), description: 'an alias that there is' },
  ref: { kind: live('model'), description: 'a model, provider/model, or its alias' },
  'auth storage migrate kind': {
    kind: words('keychain', 'passphrase', 'key-file', 'credentials-directory', 'insecure-file'),
    description: 'where the key shall be',
  },
  tool: { kind: words(...tools), description: 'what shall use the gateway' },
  shell: { kind: words(...shells), description: 'the shell; without it the one of $SHELL' },
  command: { kind: { kind: 'command' }, description: 'a command, in as many words as it has' },
  words: { kind: text, description: 'the words before the cursor' },
  'plugins id': { kind: live('plugin'), description: 'a plugin, by its id in `openclaw plugins list`' },
  'config set value': { kind: text, description: 'JSON5, or text; - reads it from standard input' },
  'config path': { kind: live('config-path'), description: 'a place in openclaw.json, such as gateway.port' },
};

/** undefined for an option without a value, and for one whose kind nobody has told. */
export function kindOfOption(command: Command, option: Option): ValueKind | undefined {
  if (!option.required && !option.optional) return undefined;
  if (option.argChoices !== undefined) return words(...option.argChoices);
  return lookUp(optionKinds, command, option.long ?? option.flags);
}

export function kindOfArgument(command: Command, argument: Argument): ValueKind | undefined {
  if (argument.argChoices !== undefined) return words(...argument.argChoices);
  return lookUp(argumentKinds, command, argument.name())?.kind;
}

/** The argument's own description, else that of all arguments of its name. */
export function describeArgument(command: Command, argument: Argument): string {
  return argument.description === ''
    ? (lookUp(argumentKinds, command, argument.name())?.description ?? '')
    : argument.description;
}

function lookUp<Found>(
  table: Readonly<Record<string, Found>>,
  command: Command,
  name: string,
): Found | undefined {
  const path = pathOf(command);
  for (let length = path.length; length >= 0; length -= 1) {
    const key = [...path.slice(0, length), name].join(' ');
    if (Object.hasOwn(table, key)) return table[key];
  }
  return undefined;
}
