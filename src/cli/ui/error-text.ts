// How an error looks to a person: what happened, then what to do. No stack, no cause, no properties: those can hold
// what must not be seen.
import { isOpenClawError, toOpenClawError } from '../../errors.ts';
import type { Terminal } from '../../platform/terminal.ts';
import { withoutTokens } from '../../redaction.ts';
import { createStyle } from './style.ts';

export function formatError(error: unknown, terminal: Pick<Terminal, 'errColours'>): string {
  const style = createStyle(terminal.errColours);
  const failure = toOpenClawError(error);
  const lines = [`${style.bad('Error:')} ${failure.message}`, `  ${failure.remedy}`];
  if (!isOpenClawError(error) && error instanceof Error && process.env['OPENCLAW_DEBUG'] !== undefined) {
    lines.push(style.dim(withoutTokens(error.stack ?? '')));
  }
  return `${lines.join('\n')}\n`;
}

/** The same for `--json`: the whole answer of a run that failed. */
export function errorDocument(error: unknown): { error: { code: string; message: string; remedy: string } } {
  const { code, message, remedy } = toOpenClawError(error);
  return { error: { code, message, remedy } };
}
