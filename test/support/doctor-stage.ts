// What `doctor` looks at: a state folder and a home of its own, a store with logins in it, and the checks' real ports.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CommandContext } from '../../src/cli/command-context.ts';
import type { DoctorPorts } from '../../src/cli/doctor/check.ts';
import { createDoctorPorts } from '../../src/cli/doctor/doctor-ports.ts';
import { openApp } from '../../src/cli/open-app.ts';
import { systemClock, type Clock } from '../../src/platform/clock.ts';
import type { CredentialStore } from '../../src/store/credential-store.ts';
import { createFakeContext } from './fake-context.ts';
import { openTestStore } from './open-test-store.ts';
import { tempFolder } from './temp-folder.ts';

export type DoctorStage = {
  readonly folder: string;
  readonly stateDir: string;
  readonly context: CommandContext;
  readonly written: { out: string; err: string };
  write(path: string, text: string, mode?: number): string;
  writeConfig(config: unknown, mode?: number): void;
  store(): CredentialStore;
  /** Of a fresh application: what was written before is read anew. */
  ports(overrides?: Partial<DoctorPorts>): DoctorPorts;
};

/** A machine that does much else reaches no deadline that the test does not mean. */
const patientClock: Clock = {
  ...systemClock,
  setTimer: (callback, delayMs, options) => systemClock.setTimer(callback, delayMs * 10, options),
};

/** The key is in a file that the environment names; nothing reaches the internet; the gateway takes any port. */
export function createDoctorStage(env: Record<string, string> = {}): DoctorStage {
  const folder = tempFolder();
  const stateDir = join(folder, 'state');
  mkdirSync(stateDir, { mode: 0o700 });
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  const { context, written } = createFakeContext({
    env: {
      HOME: folder,
      OPENCLAW_STATE_DIR: stateDir,
      OPENCLAW_AUTH_KEY_FILE: keyFile,
      OPENCLAW_GATEWAY_PORT: '0',
      HTTPS_PROXY: 'http://127.0.0.1:9',
      NO_PROXY: '127.0.0.1',
      ...env,
    },
    homeDir: folder,
    clock: patientClock,
  });
  const write = (path: string, text: string, mode = 0o600): string => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, text, { mode });
    return file;
  };
  let store: CredentialStore | undefined;
  return {
    folder,
    stateDir,
    context,
    written,
    write,
    writeConfig: (config, mode) =>
      void write(
        'state/openclaw.json',
        typeof config === 'string' ? config : JSON.stringify(config, undefined, 2),
        mode,
      ),
    store: () => (store ??= openTestStore({ stateDir, env: context.env })),
    ports(overrides = {}) {
      const app = openApp(context, { nonInteractive: true });
      onTestFinished(() => app.close());
      return Object.assign(createDoctorPorts(context, app), overrides);
    },
  };
}
