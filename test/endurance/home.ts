// A person's machine for one run: a home of its own with a configuration, a login and the program's commands.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gatewayFiles, type GatewayFiles } from '../../src/cli/gateway-record.ts';

export type EnduranceHome = {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly files: GatewayFiles;
  readonly port: number;
  /** What the program says with --json; rejects when it ends with another code than 0. */
  openclaw(...args: string[]): Promise<Record<string, unknown>>;
  /** Its stdout as it is. */
  print(...args: string[]): Promise<string>;
  remove(): void;
};

const main = join(import.meta.dirname, '../../src/main.ts');

/** `config`: openclaw.json but for the port. */
export async function createEnduranceHome(config: Record<string, unknown>): Promise<EnduranceHome> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'openclaw-endurance-')));
  const stateDir = join(folder, 'state');
  mkdirSync(stateDir, { mode: 0o700 });
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, randomBytes(32).toString('hex'));
  chmodSync(keyFile, 0o600);
  const port = await freePort();
  writeFileSync(join(stateDir, 'openclaw.json'), JSON.stringify({ ...config, gateway: { port } }));
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    OPENCLAW_STATE_DIR: stateDir,
    OPENCLAW_AUTH_KEY_FILE: keyFile,
    // Whatever is not loopback ends at a closed port.
    HTTPS_PROXY: 'http://127.0.0.1:9',
    HTTP_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
  };
  const print = async (...args: string[]): Promise<string> => {
    const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
    const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    if (code === 0) return out;
    throw new Error(`openclaw ${args.join(' ')} ended with ${code}: ${out}${err}`);
  };
  return {
    folder,
    env,
    files: gatewayFiles(join(stateDir, 'gateway')),
    port,
    print,
    openclaw: async (...args) => JSON.parse(await print(...args, '--json')) as Record<string, unknown>,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A service has to come back to the same one. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}
