// `gateway start`: the gateway in the background. Ends when it serves, or with the reason why it does not.
import { configuredGatewayToken } from '../../app.ts';
import { createOutput, type CommandContext } from '../command-context.ts';
import { resolveListening, resolvePort } from '../gateway-address.ts';
import { gatewayFiles } from '../gateway-record.ts';
import { startInBackground, type StartOptions } from '../gateway-starting.ts';
import { openApp } from '../open-app.ts';
import { printConfigWarnings } from '../ui/config-warnings.ts';

export async function gatewayStart(context: CommandContext, options: StartOptions): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  const config = app.config();
  // What is wrong with the settings is said here, and not in a log or by a process that was begun for nothing.
  printConfigWarnings(output, config);
  resolvePort(options.port, config);
  resolveListening(config, configuredGatewayToken(app));
  return startInBackground(context, output, gatewayFiles(app.paths.runDir), options);
}
