// What a person pastes when they are asked for an API key, and what of it is the key. Pure; whether the key works is for
// key-check.ts. A fault never repeats what was pasted.
import { isSendable } from './api-key.ts';
import { builtinProviders } from './builtin-providers.ts';

export type PastedKey =
  | {
      readonly kind: 'key';
      readonly key: string;
      /** What was left out, a sentence. */
      readonly note?: string;
    }
  /** `reason`: a sentence that ends in a full stop. */
  | { readonly kind: 'fault'; readonly reason: string };

const longestKey = 4096;
/** A single name in small letters may be the beginning of a key that ends in `=`. */
const assignment = /^(?:(?:export|set)\s+(\w+)|\$env:(\w+)|([A-Z][A-Z0-9]*_[A-Z0-9_]*))\s*=\s*(?=[^\s=])/;
const header = /^(?:authorization|x-api-key)\s*:\s*/i;
const quotes = /^(["'`])([^]*)\1;?$/;

export function readPastedKey(provider: string, text: string): PastedKey {
  let rest = text.trim();
  const dropped: string[] = [];
  const name = assignment.exec(rest);
  if (name !== null) {
    rest = rest.slice(name[0].length);
    dropped.push('the name of a variable before it');
  }
  const strip = (pattern: RegExp, what: string, kept = ''): void => {
    const without = rest.replace(pattern, kept).trim();
    if (without === rest) return;
    rest = without;
    dropped.push(what);
  };
  strip(quotes, 'the quotes around it', '$2');
  strip(header, "the header's name");
  strip(/^bearer\s+/i, '“Bearer” before it');
  strip(quotes, 'the quotes around it', '$2');
  const fault = faultOf(provider, rest);
  if (fault !== undefined) return { kind: 'fault', reason: fault };
  if (dropped.length === 0) return { kind: 'key', key: rest };
  return { kind: 'key', key: rest, note: `Left out: ${[...new Set(dropped)].join(', ')}.` };
}

function faultOf(provider: string, key: string): string | undefined {
  if (key === '') return 'That is empty.';
  if (/^\$\{?\w+\}?$|^%\w+%$/.test(key)) {
    return 'That is the name of a variable, not a key. Choose “from the environment” to use a variable.';
  }
  if (/^https?:\/\//i.test(key)) return 'That is an address, not a key.';
  if (/\s/.test(key)) return 'A key has no spaces and no line breaks in it: paste the key alone.';
  if (!isSendable(key)) {
    return 'That holds characters that no key has (only plain letters, digits and signs can be sent): copy it once more.';
  }
  if (/^[*•.]+$|(?:\*{4}|\.{3})/.test(key))
    return 'That is a key with its middle hidden: copy the whole one.';
  if (key.length > longestKey) return `That is longer than ${longestKey} characters: it is no key.`;
  const owner = builtinProviders.find(
    ({ keyPrefix }) => keyPrefix !== undefined && key.startsWith(keyPrefix),
  );
  if (owner !== undefined && owner.id !== provider) {
    return `That is a key of another service (${owner.label}): it is sent to nobody else.`;
  }
  return undefined;
}
