// `gateway token`: prints the one secret that is meant to be handed on, for `$(…)` in a shell and in a tool's settings.
import { OpenClawError } from '../../errors.ts';
import { gatewayTokenName } from '../../gateway/gateway-token.ts';
import { configuredGatewayToken } from '../../app.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { openApp } from '../open-app.ts';

export async function gatewayToken(context: CommandContext, options: OutputOptions): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const token = configuredGatewayToken(app) ?? (await app.store().readSecret(gatewayTokenName));
    if (token === undefined) {
      throw new OpenClawError({
        code: 'NO_PROFILE',
        message: 'There is no gateway token yet; it is made with the first login.',
      });
    }
    output.line(token);
    output.result({ token });
    return 0;
  } finally {
    app.close();
  }
}
