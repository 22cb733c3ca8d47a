// Whether a gateway of this state folder runs, for a command that only tells what becomes of a change. Not knowing it is no
// reason to fail: the file is written by then.
import type { App } from '../app.ts';
import { toOpenClawError } from '../errors.ts';
import type { Output } from './command-context.ts';
import { findGateway, gatewayFiles } from './gateway-record.ts';

/** false, and a note, where it cannot be found out. */
export async function isGatewayRunning(app: App, output: Output): Promise<boolean> {
  try {
    return (await findGateway(gatewayFiles(app.paths.runDir), app.clock)).running !== undefined;
  } catch (error) {
    const { code, message, remedy } = toOpenClawError(error);
    output.note(`Whether a gateway runs is not known: ${message}\n  ${remedy}`, {
      event: 'warning',
      code,
      message,
    });
    return false;
  }
}
