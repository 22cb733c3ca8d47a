// A whole gateway in this process (configuration, login, catalogue, resolver, server) over the portal simulator, with one
// provider for each of the three APIs.
import { onTestFinished } from 'vitest';
import type {
  Simulator,
  SimulatorOptions,
} from '../../extensions/minimax-portal-auth/simulator/simulator.ts';
import { createApp } from '../../src/app.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLog } from '../../src/platform/log.ts';
import { Secret } from '../../src/platform/secret.ts';
import { startServing } from '../../src/serving.ts';
import { createHome, onboardArgs, startPortal } from './cli-process.ts';
import { createFakeContext } from './fake-context.ts';

export type ServingStage = { url: string; token: string; portal: Simulator };

const playedKey = 'sim-at-key-of-the-play';

/** Models: `minimax-portal/MiniMax-M3`, `chat/MiniMax-M3`, `responses/MiniMax-M3`. */
export async function openServingStage(options: SimulatorOptions = {}): Promise<ServingStage> {
  const portal = await startPortal({ apiKeys: [playedKey], ...options });
  const home = createHome({ PLAYED_KEY: playedKey });
  const provider = (api: string): unknown => ({
    baseUrl: `${portal.apiUrl}/v1`,
    apiKey: '${PLAYED_KEY}',
    api,
    models: [{ id: 'MiniMax-M3' }],
  });
  const providers = { chat: provider('openai-completions'), responses: provider('openai-responses') };
  home.writeConfig({ ...portal.config, models: { mode: 'merge', providers } });
  const { code, value } = await home.json(onboardArgs);
  if (code !== 0) throw new Error(`onboard failed: ${JSON.stringify(value)}`);

  const app = createApp({
    env: home.env,
    homeDir: home.folder,
    installation: createFakeContext().context.installation,
    clock: systemClock,
    log: silentLog,
  });
  const token = 'ocgw-token-of-the-play';
  const serving = await startServing(app, { port: 0, token: new Secret(token) });
  onTestFinished(async () => {
    await serving.stop();
    app.close();
  });
  portal.control.reset();
  return { url: `http://127.0.0.1:${serving.port}`, token, portal };
}
