// How a login method talks to the person: prompts in a terminal, a named flag where there is none, and the user code
// with its URL always in full, each on its own line, so that both can be copied.
import { OpenClawError } from '../../errors.ts';
import type { AuthPrompter, DeviceCodeDisplay, DeviceCodePrompt } from '../../plugin-sdk/index.ts';
import type { DeviceFlowState } from '../../oauth/login-phase.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { formatCountdown, formatDuration } from './duration.ts';
import { createStyle } from './style.ts';

export function createPrompter(context: CommandContext, output: Output, interactive: boolean): AuthPrompter {
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
  return {
    note: (message, title) =>
      output.note(title === undefined ? message : `${title}\n${message}`, { event: 'note', message }),
    progress(label) {
      output.note(`${label} …`, { event: 'progress', message: label });
      return {
        update: (message) => output.note(`${message} …`, { event: 'progress', message }),
        stop: (message) => {
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
      return ask<string>((clack) =>
        secret === true
          ? clack.password({ message, ...streams })
          : clack.text({ message, ...(placeholder === undefined ? {} : { placeholder }), ...streams }),
      );
    },
    async confirm({ message, initialValue, flag }) {
      requireTerminal(message, flag);
      return ask<boolean>((clack) =>
        clack.confirm({ message, ...(initialValue === undefined ? {} : { initialValue }), ...streams }),
      );
    },
    deviceCode: (prompt) => showDeviceCode(context, output, prompt),
  };
}

function showDeviceCode(
  context: CommandContext,
  output: Output,
  prompt: DeviceCodePrompt,
): DeviceCodeDisplay {
  const { terminal, clock } = context;
  const style = createStyle(terminal.errColours && !output.json, terminal.hyperlinks);
  const lines = [
    '',
    `  ${style.bold('Approve this login')} ${style.dim(`(${prompt.regionLabel}, ${prompt.host})`)}`,
    '',
    `  Open   ${prompt.trusted ? style.link(prompt.verificationUrl) : prompt.verificationUrl}`,
    `  Code   ${style.bold(style.accent(prompt.userCode))}`,
    '',
    ...(prompt.trusted
      ? []
      : [
          `  ${style.warn('This address is not one of the provider’s own. Do not sign in there unless you know it.')}`,
        ]),
    `  ${style.dim('Approve only if you started this login yourself. Nobody will ever ask you to read the code to them.')}`,
    '',
  ];
  output.note(lines.join('\n'), {
    event: 'device_code',
    url: prompt.verificationUrl,
    user_code: prompt.userCode,
    expires_in_ms: prompt.expiresInMs,
    trusted: prompt.trusted,
  });

  let state: DeviceFlowState = { kind: 'waiting', remainingMs: prompt.expiresInMs };
  let changedAtMs = clock.monotonicMs();
  const live = terminal.errIsTty && !output.json;
  const paint = (): void => {
    const passedMs = clock.monotonicMs() - changedAtMs;
    terminal.writeErr(`\r\u001b[2K  ${describeState(state, passedMs)}`);
  };
  let cancel: () => void = () => undefined;
  const next = (): void => {
    cancel = clock.setTimer(
      () => {
        paint();
        next();
      },
      1_000,
      { unref: true },
    );
  };
  if (live) {
    paint();
    next();
  }
  return {
    update(changed) {
      const news = changed.kind !== state.kind || changed.kind === 'trouble';
      state = changed;
      changedAtMs = clock.monotonicMs();
      if (live) paint();
      else if (news) output.note(describeState(changed, 0), { event: 'device_state', ...changed });
    },
    stop() {
      cancel();
      if (live) terminal.writeErr('\r\u001b[2K');
    },
  };
}

/** One line: what is being waited for, honestly, and how long the code still lives. */
export function describeState(state: DeviceFlowState, passedMs: number): string {
  const left = formatCountdown(state.remainingMs - passedMs);
  switch (state.kind) {
    case 'waiting':
      return `Waiting for your approval, ${left} left`;
    case 'slowed':
      return `Waiting for your approval, ${left} left (the server asked for a slower pace: every ${formatDuration(state.intervalMs)})`;
    case 'trouble':
      return `Trouble on the way: ${state.reason}; next try in ${formatDuration(Math.max(0, state.retryInMs - passedMs))}, ${left} left`;
  }
}
