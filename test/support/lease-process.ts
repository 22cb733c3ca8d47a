// A process that leases one login, as a gateway would, when told to; prints what the upstream said of its token.
// Used by tests that need several real processes. Reads its orders from argv: the URL to call.
import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { createApp } from '../../src/app.ts';
import { createResolver } from '../../src/auth/resolver.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { describeInstallation } from '../../src/platform/installation.ts';
import { silentLog } from '../../src/platform/log.ts';

const app = createApp({
  env: process.env,
  homeDir: process.env['HOME'] ?? '',
  installation: describeInstallation(pathToFileURL(join(import.meta.dirname, '../../src/main.ts')).href),
  clock: systemClock,
  log: silentLog,
});
const resolver = createResolver({
  store: app.store(),
  engine: app.refreshEngine(),
  prepare: (profileId, credential) => app.prepareAuth(profileId, credential),
  explicitOrder: () => undefined,
  clock: systemClock,
  random: app.random,
  log: silentLog,
});
await resolver.load();
process.stdout.write('loaded\n');
process.stdin.once('data', () => void lease());

async function lease(): Promise<void> {
  const startedMs = performance.now();
  const given = await resolver.lease('minimax-portal', 'MiniMax-M3');
  const leasedMs = performance.now() - startedMs;
  const response = await fetch(`${given.baseUrl}/v1/messages`, {
    method: 'POST',
    headers: { ...given.headers, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ model: 'MiniMax-M3', max_tokens: 8, messages: [{ role: 'user', content: 'hi' }] }),
  });
  const token = createHash('sha256')
    .update(given.headers['authorization'] ?? '')
    .digest('hex')
    .slice(0, 12);
  process.stdout.write(
    `${JSON.stringify({ status: response.status, generation: given.generation, token, leasedMs })}\n`,
  );
  app.close();
  process.exit(0);
}
