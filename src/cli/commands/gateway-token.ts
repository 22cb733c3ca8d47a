// `gateway token`: prints the one secret that is meant to be handed on, for `$(…)` in a shell and in a tool's settings.
import { OpenClawError } from '../../errors.ts';
import { gatewayTokenName } from '../../gateway/gateway-token.ts';
import { configuredGatewayToken } from '../../app.ts';
import { apiKeyProviders } from '../../providers/api-key.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { openApp } from '../open-app.ts';

export async function gatewayToken(context: CommandContext, options: OutputOptions): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const token = configuredGatewayToken(app) ?? (await app.store().readSecret(gatewayTokenName));
    if (token === undefined) {
      // Who brings a key of their own never logs in.
      const hasKey = apiKeyProviders(app.config()).length > 0;
      throw new OpenClawError({
        code: 'NO_PROFILE',
        message:
          'There is no gateway token yet; the first login makes it, or the first start of the gateway.',
        ...(hasKey ? { remedy: 'Start it: `openclaw gateway start`.' } : {}),
      });
    }
    output.line(token);
    output.result({ token });
    return 0;
  } finally {
    app.close();
  }
}
