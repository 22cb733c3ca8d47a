// A home whose gateways in the background end with the test, and a small upstream for them.
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findGateway, gatewayFiles, readRecord, type GatewayFiles } from '../../src/cli/gateway-record.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createHome, type Home } from './cli-process.ts';
import { startUpstream } from './gateway-stage.ts';

export type BackgroundHome = Home & { files: GatewayFiles };

export const clientToken = 'client-token';

/** With a provider of its own, so that the gateway can serve; any free port, and a token that the test knows. */
export async function createBackgroundHome(
  answer: (wantsStream: boolean, response: ServerResponse) => void = (_, response) => void response.end('{}'),
  env: Record<string, string> = {},
): Promise<BackgroundHome> {
  const { url } = await startUpstream((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => answer(body.includes('"stream":true'), response));
  });
  const home = createHome({ OPENCLAW_GATEWAY_PORT: '0', OPENCLAW_GATEWAY_TOKEN: clientToken, ...env });
  const files = gatewayFiles(join(home.stateDir, 'gateway'));
  home.writeConfig({
    models: {
      providers: {
        local: { baseUrl: url, apiKey: 'k', api: 'anthropic-messages', models: [{ id: 'm', name: 'M' }] },
      },
    },
    env: { MINIMAX_API_KEY: 'k' },
  });
  onTestFinished(() => endAll(files));
  return { ...home, files };
}

/** Also one that took over while it was ended. */
async function endAll(files: GatewayFiles): Promise<void> {
  for (;;) {
    const { running } = await findGateway(files, systemClock);
    if (running === undefined) return;
    process.kill(running.pid, 'SIGKILL');
  }
}

export function pidOf(home: BackgroundHome): number {
  const pid = readRecord(home.files.record)?.pid;
  if (pid === undefined) throw new Error('no gateway has written who it is');
  return pid;
}

/** Resolves when the process has gone. */
export async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
