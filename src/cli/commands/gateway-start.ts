// `gateway start`: the gateway in the background. Ends when it serves, or with the reason why it does not.
import { createOutput, type CommandContext } from '../command-context.ts';
import { gatewayFiles } from '../gateway-record.ts';
import { startInBackground, type StartOptions } from '../gateway-starting.ts';
import { openApp } from '../open-app.ts';
import { printConfigWarnings } from '../ui/config-warnings.ts';

export async function gatewayStart(context: CommandContext, options: StartOptions): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  // What is wrong with the configuration is said here, and not in a log.
  printConfigWarnings(output, app.config());
  return startInBackground(context, output, gatewayFiles(app.paths.runDir), options);
}
