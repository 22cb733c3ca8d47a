// Makes text from outside (servers, config files, file names) fit to be shown in a terminal, a log or a page:
// no control or escape characters, no bidirectional overrides, no line breaks, bounded length, and no secrets.
import { withoutSecrets, withoutTokens } from '../redaction.ts';

/* oxlint-disable no-control-regex -- removing control characters is the point */
const unshowable =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+/g;
/** CSI, OSC and two-byte escapes (ECMA-48). */
const escapeSequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
/* oxlint-enable no-control-regex */

const usualLength = 200;

/** One line of at most `maxLength` characters; what is cut ends in `…`. */
export function cleanText(text: string, maxLength = usualLength): string {
  return cut(oneLine(text), maxLength);
}

/** The same in double quotes, for a word that is named in a sentence. */
export function quotedText(text: string, maxLength = usualLength): string {
  return JSON.stringify(cleanText(text, maxLength));
}

/** `cleanText` for the words of a server or a library: without the given secrets and anything that looks like one. */
export function foreignText(text: string, secrets: readonly string[] = [], maxLength = usualLength): string {
  // Before, for those that are made of what is cleaned away; after, for those that stood apart until then.
  const line = oneLine(withoutSecrets(text, secrets));
  return cut(withoutTokens(withoutSecrets(line, secrets)), maxLength);
}

function oneLine(text: string): string {
  return text.replace(escapeSequences, '').replace(unshowable, ' ').replace(/ {2,}/g, ' ').trim();
}

function cut(line: string, maxLength: number): string {
  const characters = Array.from(line);
  return characters.length <= maxLength ? line : `${characters.slice(0, maxLength - 1).join('')}…`;
}
