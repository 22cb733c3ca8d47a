#!/usr/bin/env node
// The program's entry: the version of Node, `--version` without loading anything, signals, the exit code, and the last
// word on an error that nobody caught. Everything else is loaded when it is needed.
import { version } from './version.ts';

const neededNode = 24;

const major = Number(process.versions.node.split('.')[0]);
const args = process.argv.slice(2);
if (major < neededNode) {
  process.stderr.write(
    `openclaw ${version} needs Node.js ${neededNode} or newer; this is ${process.versions.node} (${process.execPath}).\n` +
      `Install it from https://nodejs.org, or run once with: npx -y -p node@${neededNode} -- openclaw ${args[0] ?? '--help'}\n`,
  );
  process.exitCode = 2;
} else if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${version}\n`);
} else {
  // Before anything else is loaded: what is compiled then is kept for the next time.
  const { default: module } = await import('node:module');
  module.enableCompileCache?.();
  const { runProcess } = await import('./cli/process.ts');
  await runProcess(args, import.meta.url);
}
