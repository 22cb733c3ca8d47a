// Warnings beside a result: what is the matter, and what mends it. On stderr; with --json an event.
import type { OpenClawError } from '../../errors.ts';
import type { Output } from '../command-context.ts';

export type Warning = { readonly message: string; readonly remedy: string };

/** `lead`: a sentence in front of it, for people. */
export function printWarning(output: Output, { message, remedy }: Warning, lead?: string): void {
  const text = lead === undefined ? message : `${lead} ${message}`;
  output.note(`Warning: ${text}\n  ${remedy}`, { event: 'warning', message, remedy });
}

/** What could not be read, and takes nothing else away. */
export function printTrouble(output: Output, { code, message, remedy }: OpenClawError): void {
  output.note(`${message}\n  ${remedy}`, { event: 'warning', code, message });
}
