// The last thing that a first run offers: to serve at once, in the background. A gateway that runs already follows the new
// settings by itself.
import type { App } from '../app.ts';
import { isOpenClawError } from '../errors.ts';
import type { AskPassphrase } from '../vault/passphrase.ts';
import { mayAsk, type CommandContext, type Output } from './command-context.ts';
import { findGateway, gatewayFiles } from './gateway-record.ts';
import { startInBackground } from './gateway-starting.ts';
import { orLeftOpen } from './left-question.ts';
import type { LoginOptions } from './login-session.ts';
import { formatError } from './ui/error-text.ts';
import { createPrompter } from './ui/prompter.ts';

export type GatewayOptions = LoginOptions & {
  /** undefined: a person is asked, where there is one. */
  startGateway?: boolean;
  /** What was typed in this command need not be typed again. */
  askPassphrase?: AskPassphrase;
};

export type GatewayOffer = {
  readonly isRunning: boolean;
  /** 130: the person wants to stop here. */
  readonly exitCode: number;
  /** What `gateway start` prints with --json; null when it was not started. */
  readonly result: unknown;
};

export const notOffered: GatewayOffer = { isRunning: false, exitCode: 0, result: null };

/** `variable`: holds the key that was set up; a process that runs has the variables that it was started with. */
export async function offerGateway(
  app: App,
  context: CommandContext,
  output: Output,
  options: GatewayOptions,
  variable?: string,
): Promise<GatewayOffer> {
  const notStarted = notOffered;
  if (options.startGateway === false) return notStarted;
  const files = gatewayFiles(app.paths.runDir);
  try {
    if (options.startGateway !== true) {
      const { running } = await findGateway(files, context.clock);
      if (running !== undefined) {
        output.line();
        const at = running.url === null ? '' : ` on ${running.url}`;
        if (variable === undefined) output.line(`The gateway runs already${at}, and follows by itself.`);
        else {
          output.line(`The gateway runs already${at}. If it was started without ${variable}:`);
          output.line(`  Write ${variable}=… into ${app.paths.dotenvFile}, then: openclaw gateway restart`);
        }
        return { ...notStarted, isRunning: true };
      }
      if (!mayAsk(context, options)) return notStarted;
      const answer = await askWhether(context, output);
      if (answer !== 'yes') return { ...notStarted, exitCode: answer === 'cancelled' ? 130 : 0 };
    }
    let result: unknown = null;
    output.line();
    const exitCode = await startInBackground(
      context,
      {
        ...output,
        result: (value) => {
          result = value;
        },
      },
      files,
      options,
      { ask: options.askPassphrase },
    );
    return { isRunning: true, exitCode, result };
  } catch (error) {
    // What was set up is set up: that the gateway does not start is another matter, with a remedy of its own.
    if (!isOpenClawError(error)) throw error;
    if (!output.json) context.terminal.writeErr(formatError(error, context.terminal));
    const { code, message, remedy } = error;
    const exitCode = code === 'INTERRUPTED' ? 130 : 1;
    return { isRunning: false, exitCode, result: { running: false, error: { code, message, remedy } } };
  }
}

async function askWhether(context: CommandContext, output: Output): Promise<'yes' | 'no' | 'cancelled'> {
  const question = createPrompter(context, output, { interactive: true }).confirm({
    message: 'Start the gateway now, in the background? (openclaw gateway stop ends it)',
    initialValue: true,
    flag: '--start-gateway',
  });
  try {
    return (await orLeftOpen(question, false, context.signal)) ? 'yes' : 'no';
  } catch (error) {
    if (isOpenClawError(error) && error.code === 'INTERRUPTED') return 'cancelled';
    throw error;
  }
}
