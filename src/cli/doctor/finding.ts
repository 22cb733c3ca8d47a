// What a check answers with: which state was found, how bad it is, what to do, and what `--fix` could do about it.
// Which ids there are and what they mean stands in check-ids.ts; how findings look, in report-text.ts.
import { isOpenClawError, toOpenClawError } from '../../errors.ts';
import { cleanText } from '../../platform/text.ts';
import { checkIds, type CheckId, type CheckGroup } from './check-ids.ts';

/** `ok`: looked at, and as it should be. `info`: worth knowing, nothing is wrong. */
export type Severity = 'error' | 'warning' | 'info' | 'ok';

export type Fix = {
  /**
   * `mend`: nothing is lost. `litter`: removes what nobody can need any more; a person in a terminal is asked first.
   * `scrub`: removes credentials that stand in plain text; only after a question, or with `--scrub`. `discard`: removes a
   * whole file that cannot be read for what is in it; only after a question.
   */
  readonly kind: 'mend' | 'litter' | 'scrub' | 'discard';
  /** What it would do, as a question to a person without the question mark: `Close /x to other users`. */
  readonly does: string;
  /** What follows from it, a sentence. */
  readonly afterwards?: string;
  /** Does it, and says what was done, as a sentence begins. Throws when it could not. */
  run(): string | Promise<string>;
};

export type Finding = {
  readonly id: CheckId;
  readonly severity: Severity;
  /** One sentence with the facts, or several; text of others is cleaned. */
  readonly text: string;
  /** What to do; commands in backticks. */
  readonly remedy?: string;
  readonly fix?: Fix;
};

export function ok(id: CheckId, text: string): Finding {
  return { id, severity: 'ok', text };
}

export function groupOf(id: CheckId): CheckGroup {
  return checkIds[id].group;
}

/** The commands that a remedy names, in their order. */
export function commandsIn(remedy: string | undefined): string[] {
  return [...(remedy ?? '').matchAll(/`(openclaw [^`]+)`/g)].map((match) => match[1] ?? '');
}

/** What a check threw, as what it found. A foreign error keeps only its message. */
export function findingOf(id: CheckId, error: unknown, severity: Severity = 'error'): Finding {
  if (!isOpenClawError(error)) return { id, severity, text: `${toOpenClawError(error).message}.` };
  const { message, remedy } = error;
  // What ends in a line of the file itself ends there.
  const isWhole = message.includes('\n') || /[.?!]$/.test(message);
  return { id, severity, text: isWhole ? message : `${message}.`, remedy };
}

/** A path, or another text from outside, on one line. */
export function shown(text: string): string {
  return cleanText(text, 300);
}

/** For a name in a command that is to be copied: undefined when a shell could read something else into it. */
export function safeName(name: string): string | undefined {
  return /^[\w.:@-]{1,120}$/.test(name) ? name : undefined;
}
