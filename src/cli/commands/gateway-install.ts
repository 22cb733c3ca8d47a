// `gateway install` and `uninstall`: the file of a service of this user. Starting it is left to the service manager's own
// command, which is printed.
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { resolvePaths } from '../../config/paths.ts';
import { OpenClawError } from '../../errors.ts';
import { createOutput, type CommandContext, type Output, type OutputOptions } from '../command-context.ts';
import { findGateway, gatewayFiles } from '../gateway-record.ts';
import { describeService, type ServiceFile } from '../gateway-service-file.ts';

export async function gatewayInstall(
  context: CommandContext,
  options: OutputOptions & { print?: boolean },
): Promise<number> {
  const output = createOutput(context, options);
  const service = serviceOf(context);
  const { path, text } = service;
  const { runDir } = resolvePaths(context.env, context.homeDir);
  const { running } = await findGateway(gatewayFiles(runDir), context.clock);
  // The service would find the folder taken, and be started again and again.
  const isTaken = running !== undefined && running.mode !== 'service';
  const begin = isTaken ? ['openclaw gateway stop', ...service.begin] : service.begin;
  const isPrinted = options.print === true;
  if (isPrinted) {
    if (!output.json) context.terminal.writeOut(text);
  } else {
    const isThere = readIfThere(path) === text;
    if (!isThere) attempt(path, () => write(path, text));
    output.line(isThere ? `It is there already: ${path}` : `${output.style.good('✓')} Written: ${path}`);
    printNext(output, begin);
  }
  output.result({ ...shown(service), written: !isPrinted, text, next: begin });
  return 0;
}

export function gatewayUninstall(
  context: CommandContext,
  options: OutputOptions & { print?: boolean },
): Promise<number> {
  const output = createOutput(context, options);
  const service = serviceOf(context);
  const { path, end } = service;
  const isThere = readIfThere(path) !== undefined;
  const isPrinted = options.print === true;
  if (isThere && !isPrinted) attempt(path, () => rmSync(path));
  if (!isThere) output.line(`There is no service file (${path}).`);
  else if (isPrinted) output.line(path);
  else {
    output.line(`${output.style.good('✓')} Removed: ${path}`);
    printNext(output, end);
  }
  output.result({ ...shown(service), removed: isThere && !isPrinted, next: isThere ? end : [] });
  return Promise.resolve(0);
}

function printNext(output: Output, commands: readonly string[]): void {
  output.line();
  output.line('Next:');
  for (const command of commands) output.line(`  ${command}`);
}

function shown({ kind, path }: ServiceFile): { kind: string; path: string } {
  return { kind, path };
}

function serviceOf({ homeDir, env, installation }: CommandContext): ServiceFile {
  const service = describeService(process.platform, {
    homeDir,
    env,
    node: process.execPath,
    main: installation.main,
  });
  if (service !== undefined) return service;
  throw new OpenClawError({
    code: 'SERVICE_REFUSED',
    message: `There is no service file for ${process.platform}: systemd and launchd are known`,
    remedy: 'Have your service manager run `openclaw gateway run`.',
  });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw refused(path, error);
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.new`;
  writeFileSync(draft, text, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
}

function attempt(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw refused(path, error);
  }
}

function refused(path: string, error: unknown): OpenClawError {
  const { code } = error as NodeJS.ErrnoException;
  return new OpenClawError({ code: 'SERVICE_REFUSED', message: `${path}: ${code ?? 'unknown error'}` });
}
