// Asks the wizard's questions in a terminal. Every list ends in “Back” and “Cancel”, every field goes back when it is left
// empty, and Esc or Ctrl-C cancels anywhere.
import { OpenClawError } from '../../errors.ts';
import type { CommandContext } from '../command-context.ts';
import { askHidden } from '../ui/hidden-field.ts';
import { textWidth } from '../ui/text-width.ts';
import { guided } from './along-the-bar.ts';
import type { Option, Question } from './questions.ts';

export type Reply = { readonly kind: 'value'; readonly value: string } | { readonly kind: 'back' };

/** Rejects with INTERRUPTED when the person cancels. */
export type Ask = (question: Question, canGoBack: boolean) => Promise<Reply>;

const back = '\u0000back';
const cancel = '\u0000cancel';

/** What a question takes beside its options. */
const otherRows = 8;
const fewestRows = 5;

export function createQuestionPrompt(context: CommandContext): Ask {
  const { signal } = context;
  const streams = { output: process.stderr, signal };
  return async (question, canGoBack) => {
    const clack = await import('@clack/prompts');
    const lines = [...(question.details ?? [])];
    const maxItems = Math.max(fewestRows, context.terminal.rows() - otherRows);
    if (question.kind === 'select' && rowsOf(question.options, context.terminal.columns()) > maxItems) {
      lines.push('Back and Cancel are at the end of the list: ↑ leads there at once.');
    }
    if (question.kind !== 'select') lines.push(`${canGoBack ? 'Empty goes back. ' : ''}Ctrl-C cancels.`);
    if (lines.length > 0) context.terminal.writeErr(guided(lines.join('\n')));
    const answer =
      question.kind === 'select'
        ? await clack.select<string>({
            message: question.message,
            options: [
              ...question.options.map((option) => ({ ...option })),
              ...(canGoBack ? [{ value: back, label: '← Back' }] : []),
              { value: cancel, label: '✕ Cancel', hint: 'nothing is changed' },
            ],
            ...(question.initial === undefined ? {} : { initialValue: question.initial }),
            maxItems,
            ...streams,
          })
        : question.kind === 'secret'
          ? await askHidden(clack, { message: question.message, ...streams })
          : await clack.text({
              message: question.message,
              ...(question.initial === undefined ? {} : { initialValue: question.initial }),
              ...(question.placeholder === undefined ? {} : { placeholder: question.placeholder }),
              ...streams,
            });
    if (clack.isCancel(answer) || answer === cancel) throw cancelled();
    const value = (answer as string | undefined) ?? '';
    if (value === back || (question.kind !== 'select' && value.trim() === '' && canGoBack)) {
      return { kind: 'back' };
    }
    return { kind: 'value', value };
  };
}

/** With “Back” and “Cancel”; a label that is too long for a line takes more of them. */
function rowsOf(options: readonly Option[], columns: number): number {
  const room = Math.max(1, columns - 6);
  return options.reduce((rows, { label }) => rows + Math.max(1, Math.ceil(textWidth(label) / room)), 2);
}

export function cancelled(): OpenClawError {
  return new OpenClawError({ code: 'INTERRUPTED', message: 'Cancelled.' });
}
