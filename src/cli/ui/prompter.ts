// How a login method talks to the person: prompts in a terminal, and a named flag where there is none. What a login
// shows while it waits is login-view.ts'.
import { OpenClawError } from '../../errors.ts';
import { localeOfEnv } from '../../language/locale.ts';
import { textsOf } from '../../language/texts.ts';
import type { AuthPrompter } from '../../plugin-sdk/index.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { askHidden } from './hidden-field.ts';
import { createLoginView, type FlowControl } from './login-view.ts';

export type PrompterOptions = {
  /** A person may be asked. */
  interactive: boolean;
  /** Who leads the person through a login; without it nothing is opened and there is no other way. */
  flow?: FlowControl;
};

const progressAfterMs = 1_000;

export function createPrompter(
  context: CommandContext,
  output: Output,
  { interactive, flow }: PrompterOptions,
): AuthPrompter {
  const ask = async <T>(
    question: (clack: typeof import('@clack/prompts')) => Promise<T | symbol>,
  ): Promise<T> => {
    const clack = await import('@clack/prompts');
    const answer = await question(clack);
    if (clack.isCancel(answer)) {
      throw new OpenClawError({ code: 'INTERRUPTED', message: 'Cancelled.' });
    }
    return answer as T;
  };
  const requireTerminal = (message: string, flag: string | undefined): void => {
    if (interactive) return;
    throw new OpenClawError({
      code: 'INPUT_REQUIRED',
      message: `There is no terminal to ask: ${message}`,
      data: { flag: flag === undefined ? 'the answer as a flag' : `\`${flag}\`` },
    });
  };
  const streams = { output: process.stderr, signal: context.signal };
  const view = createLoginView({
    context,
    output,
    // Programs read the same words everywhere.
    texts: textsOf(output.json ? 'en' : localeOfEnv(context.env)),
    interactive,
    ...(flow === undefined ? {} : { flow }),
    async ask(message, signal) {
      const clack = await import('@clack/prompts');
      const signals = AbortSignal.any([context.signal, signal]);
      const answer = await clack.text({ message, output: process.stderr, signal: signals });
      return clack.isCancel(answer) ? undefined : answer;
    },
  });
  return {
    note: (message, title) =>
      output.note(title === undefined ? message : `${title}\n${message}`, { event: 'note', message }),
    progress(label) {
      const say = (message: string): void => output.note(`${message} …`, { event: 'progress', message });
      // A person reads only of what takes a while.
      const cancel = output.json
        ? () => undefined
        : context.clock.setTimer(() => say(label), progressAfterMs, { unref: true });
      if (output.json) say(label);
      return {
        update(message) {
          cancel();
          say(message);
        },
        stop(message) {
          cancel();
          if (message !== undefined) output.note(message, { event: 'progress', message });
        },
      };
    },
    async select({ message, options, flag }) {
      requireTerminal(message, flag);
      return ask<string>((clack) =>
        clack.select<string>({ message, options: options.map((option) => ({ ...option })), ...streams }),
      );
    },
    async text({ message, placeholder, flag, secret }) {
      requireTerminal(message, flag);
      if (secret !== true) {
        return ask<string>((clack) =>
          clack.text({ message, ...(placeholder === undefined ? {} : { placeholder }), ...streams }),
        );
      }
      for (;;) {
        const answer = await ask<string>((clack) => askHidden(clack, { message, ...streams }));
        if (!answer.includes('\n')) return answer;
        output.note('That has several lines, and none of them was taken: paste one alone.');
      }
    },
    async confirm({ message, initialValue, flag }) {
      requireTerminal(message, flag);
      return ask<boolean>((clack) =>
        clack.confirm({ message, ...(initialValue === undefined ? {} : { initialValue }), ...streams }),
      );
    },
    deviceCode: (prompt) => view.deviceCode(prompt),
    authorization: (prompt) => view.authorization(prompt),
  };
}
