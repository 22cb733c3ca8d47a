// The commands of `openclaw gateway` and their flags; what each does is loaded when it is called.
import { Option, type Command } from 'commander';
import type { AddCommand } from './add-command.ts';

export function addGatewayCommands(gateway: Command, command: AddCommand): void {
  command(
    gateway,
    'run',
    'serve in the foreground until Ctrl-C',
    async () => (await import('./commands/gateway-run.ts')).gatewayRun,
  )
    .option('--port <number>', 'listen here instead of 18789; 0 takes any free port')
    .option('--log-file', 'log into <state folder>/gateway/gateway.log, which stays small, and not to stderr')
    .option(
      '--ephemeral',
      'keep everything in memory: log in first, nothing is written, the login ends with the process',
    )
    .addOption(new Option('--auth-choice <choice>', 'with --ephemeral: how to log in'))
    .addOption(new Option('--region <region>', 'with --ephemeral: global or cn'))
    .option('--flow <flow>', 'with --ephemeral: auto, device or loopback')
    .option('--no-browser', 'with --ephemeral: do not open a browser')
    .addOption(new Option('--launched <by>').choices(['start', 'restart']).hideHelp());
  command(
    gateway,
    'start',
    'serve in the background; ends when it serves',
    async () => (await import('./commands/gateway-start.ts')).gatewayStart,
  )
    .option('--port <number>', 'listen here instead of 18789; 0 takes any free port')
    .option('--non-interactive', 'never ask');
  command(
    gateway,
    'stop',
    'end the gateway when it has finished what runs',
    async () => (await import('./commands/gateway-stop.ts')).gatewayStop,
  ).option('--timeout <seconds>', 'wait no longer than this (60); it goes on stopping');
  command(
    gateway,
    'restart',
    'a new process with the present settings, without a gap: no request fails',
    async () => (await import('./commands/gateway-restart.ts')).gatewayRestart,
  ).addHelpText(
    'after',
    `
The new process takes over the port; the former one finishes its requests and streams beside it. It reads openclaw.json and
<state folder>/.env again; the variables that the gateway was started with stay as they were. When the new process does not
come up, the former one goes on serving. SIGUSR2 asks for the same.`,
  );
  command(
    gateway,
    'status',
    'whether the gateway runs, and whether it can serve',
    async () => (await import('./commands/gateway-status.ts')).gatewayStatus,
  )
    .option('--port <number>', 'ask this port, whoever runs there')
    .addHelpText('after', '\nExits with 0 when it can serve. No key and no login is needed.');
  command(
    gateway,
    'logs',
    'what the gateway in the background has logged',
    async () => (await import('./commands/gateway-logs.ts')).gatewayLogs,
  )
    .option('-f, --follow', 'go on with what is added, until Ctrl-C')
    .option('-n, --lines <number>', 'so many of the last lines (100)');
  command(
    gateway,
    'install',
    'write a service of this user: systemd or launchd',
    async () => (await import('./commands/gateway-install.ts')).gatewayInstall,
  ).option('--print', 'show it, write nothing');
  command(
    gateway,
    'uninstall',
    'remove the service file',
    async () => (await import('./commands/gateway-install.ts')).gatewayUninstall,
  ).option('--print', 'show where it lies, remove nothing');
  command(
    gateway,
    'token',
    'print the token that clients must send',
    async () => (await import('./commands/gateway-token.ts')).gatewayToken,
  );
}
