// An application for one command, from what the command was given.
import { createApp, type App } from '../app.ts';
import { silentLog, type Log } from '../platform/log.ts';
import type { CommandContext } from './command-context.ts';

export function openApp(context: CommandContext, log: Log = silentLog): App {
  const app = createApp({
    env: context.env,
    homeDir: context.homeDir,
    installation: context.installation,
    clock: context.clock,
    log,
  });
  context.unfinished.add(() => app.settled());
  return app;
}
