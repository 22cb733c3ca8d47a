// `gateway status`: asks the port itself. No key, no login, no token needed.
import { OpenClawError } from '../../errors.ts';
import { cleanText } from '../../platform/text.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { resolvePort } from '../gateway-address.ts';
import { openApp } from '../open-app.ts';

const timeoutMs = 3_000;

export async function gatewayStatus(
  context: CommandContext,
  options: OutputOptions & { port?: string },
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  const port = resolvePort(options.port, app.config());
  const url = `http://127.0.0.1:${port}`;
  const health = await ask(`${url}/healthz`);
  if (health === undefined || (health.body as { service?: unknown }).service !== 'openclaw-gateway') {
    throw new OpenClawError({
      code: 'GATEWAY_NOT_RUNNING',
      message:
        health === undefined
          ? `Nothing answers on ${url}.`
          : `Another program answers on ${url}, not the gateway.`,
    });
  }
  const ready = await ask(`${url}/readyz`);
  const reason = (ready?.body as { reason?: unknown } | undefined)?.reason;
  const isReady = ready?.status === 200;
  const why = typeof reason === 'string' ? cleanText(reason) : undefined;
  output.line(`The gateway runs on ${url}.`);
  output.line(isReady ? '  It can serve.' : `  It cannot serve yet: ${why ?? 'unknown reason'}.`);
  output.result({ running: true, url, port, ready: isReady, reason: why ?? null });
  return isReady ? 0 : 1;
}

async function ask(url: string): Promise<{ status: number; body: unknown } | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'manual' });
    const text = (await response.text()).slice(0, 4_096);
    return { status: response.status, body: asJson(text) };
  } catch {
    // Refused or silent: there is no gateway.
    return undefined;
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
