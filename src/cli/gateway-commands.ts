// The commands of `openclaw gateway` and their flags; what each does is loaded when it is called.
import { Option, type Command } from 'commander';
import type { AddCommand } from './add-command.ts';

export function addGatewayCommands(gateway: Command, command: AddCommand): void {
  gateway.addHelpText(
    'after',
    `
Tools ask the gateway as they would ask Anthropic or OpenAI; it adds the login and passes the request on. It listens on this
machine alone unless OPENCLAW_GATEWAY_BIND or gateway.bind says otherwise.

Examples:
  $ openclaw gateway start
  $ openclaw gateway status
  $ openclaw gateway restart   without a gap, after a change`,
  );
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
    .addOption(new Option('--launched <by>').choices(['start', 'restart']).hideHelp())
    .addHelpText(
      'after',
      `
For a terminal, a container or a service manager. \`openclaw gateway start\` does the same in the background.

Exit status:
  0    it has served and was stopped, by Ctrl-C too
  1    it could not start, or a new token could not be saved at the end
  2    the command line, or a value in it, is not understood
  130  stopped by Ctrl-C before it served

Examples:
  $ openclaw gateway run
  $ openclaw gateway run --port 18790 --log-file
  $ openclaw gateway run --ephemeral --region global   with OPENCLAW_GATEWAY_TOKEN`,
    );
  command(
    gateway,
    'start',
    'serve in the background; ends when it serves',
    async () => (await import('./commands/gateway-start.ts')).gatewayStart,
  )
    .option('--port <number>', 'listen here instead of 18789; 0 takes any free port')
    .option('--non-interactive', 'never ask')
    .addHelpText(
      'after',
      `
Examples:
  $ openclaw gateway start
  $ openclaw gateway start --port 18790`,
    );
  command(
    gateway,
    'stop',
    'end the gateway when it has finished what runs',
    async () => (await import('./commands/gateway-stop.ts')).gatewayStop,
  )
    .option('--timeout <seconds>', 'wait no longer than this (60); it goes on stopping')
    .option('--force', 'kill it when it has not ended by then')
    .addHelpText(
      'after',
      `
--force is for a gateway that hangs. Requests that run are cut. Where a login is just being renewed, its new token is
waited for, 45 s at most.

Examples:
  $ openclaw gateway stop
  $ openclaw gateway stop --timeout 10
  $ openclaw gateway stop --force --timeout 5`,
    );
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
come up, the former one goes on serving. SIGUSR2 asks for the same.

Examples:
  $ openclaw gateway restart`,
  );
  command(
    gateway,
    'status',
    'whether the gateway runs, and whether it can serve',
    async () => (await import('./commands/gateway-status.ts')).gatewayStatus,
  )
    .option('--port <number>', 'ask this port, whoever runs there')
    .addHelpText(
      'after',
      `
No key and no login is needed.

Exit status:
  0    it can serve
  1    it does not run, or cannot serve

Examples:
  $ openclaw gateway status
  $ openclaw gateway status --port 18790 --json`,
    );
  command(
    gateway,
    'logs',
    'what the gateway in the background has logged',
    async () => (await import('./commands/gateway-logs.ts')).gatewayLogs,
  )
    .option('-f, --follow', 'go on with what is added, until Ctrl-C')
    .option('-n, --lines <number>', 'so many of the last lines (100)')
    .addHelpText(
      'after',
      `
Examples:
  $ openclaw gateway logs
  $ openclaw gateway logs -n 20 -f`,
    );
  command(
    gateway,
    'install',
    'write a service of this user: systemd or launchd',
    async () => (await import('./commands/gateway-install.ts')).gatewayInstall,
  )
    .option('--print', 'show it, write nothing')
    .addHelpText(
      'after',
      `
Examples:
  $ openclaw gateway install --print   look first
  $ openclaw gateway install`,
    );
  command(
    gateway,
    'uninstall',
    'remove the service file',
    async () => (await import('./commands/gateway-install.ts')).gatewayUninstall,
  )
    .option('--print', 'show where it lies, remove nothing')
    .addHelpText(
      'after',
      `
Examples:
  $ openclaw gateway uninstall`,
    );
  command(
    gateway,
    'token',
    'print the token that clients must send',
    async () => (await import('./commands/gateway-token.ts')).gatewayToken,
  ).addHelpText(
    'after',
    `
Whoever has it may use your logins through the gateway. \`openclaw env\` fetches it where it is needed.

Examples:
  $ export OPENAI_API_KEY="$(openclaw gateway token)"`,
  );
}
