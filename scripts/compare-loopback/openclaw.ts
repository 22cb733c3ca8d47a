// This program: `openclaw onboard` with the redirect flow, from source, against the portal simulator, each login with a
// state folder of its own.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeSimulator } from '../../extensions/minimax-portal-auth/simulator/command-line.ts';
import { createSimulator } from '../../extensions/minimax-portal-auth/simulator/simulator.ts';
import { startProgram } from './program.ts';
import { exchangeDelayMs, type Subject } from './subject.ts';

const command = ['onboard', '--auth-choice', 'minimax-portal', '--region', 'global', '--flow', 'loopback'];

export async function createOpenClaw(root: string, folder: string): Promise<Subject> {
  const simulator = createSimulator({ autoApproveMs: 0 });
  const addresses = await simulator.start();
  const { config } = JSON.parse(describeSimulator('global', addresses)) as { config: unknown };
  const answerLate = (): void =>
    simulator.control.addFault({ target: 'code', kind: 'slow', delayMs: exchangeDelayMs, times: 1_000_000 });
  answerLate();
  const redemptions = (): number =>
    simulator.control.requests().filter(({ path, method }) => method === 'POST' && path === '/oauth2/token')
      .length;
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  let logins = 0;
  return {
    name: 'openclaw',
    version,
    issuer: addresses.accountUrl,
    async start() {
      logins += 1;
      const home = join(folder, `login-${logins}`);
      const stateDir = join(home, 'state');
      mkdirSync(stateDir, { recursive: true, mode: 0o700 });
      const keyFile = join(home, 'key');
      writeFileSync(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
      writeFileSync(join(stateDir, 'openclaw.json'), JSON.stringify(config));
      simulator.control.reset();
      return {
        ...(await startProgram(process.execPath, [join(root, 'src/main.ts'), ...command], {
          PATH: '/usr/bin:/bin',
          HOME: home,
          OPENCLAW_STATE_DIR: stateDir,
          OPENCLAW_AUTH_KEY_FILE: keyFile,
          BROWSER: 'none',
        })),
        tokenRequests: () => Promise.resolve(redemptions()),
      };
    },
    async goodCode(login) {
      const sent = await fetch(login.authorizationUrl, { redirect: 'manual' });
      const code = URL.parse(sent.headers.get('location') ?? '')?.searchParams.get('code');
      if (code === null || code === undefined) throw new Error(`the simulator answered HTTP ${sent.status}`);
      return code;
    },
    refuseNext(description) {
      simulator.control.clearFaults();
      const body = { error: 'invalid_grant', error_description: description };
      simulator.control.addFault({ target: 'code', kind: 'status', status: 400, body });
      answerLate();
    },
    close: () => simulator.stop(),
  };
}
