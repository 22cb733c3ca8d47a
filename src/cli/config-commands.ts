// The commands of `openclaw config` and their flags; what each does is loaded when it is called.
import type { Command } from 'commander';
import type { AddCommand } from './add-command.ts';

export function addConfigCommands(config: Command, command: AddCommand): void {
  config.addHelpText(
    'after',
    `
Paths: keys with dots between them; a key with other characters stands in ["…"], an index in [0]. In a shell such a path
needs single quotes.

Examples:
  $ openclaw config get agents.defaults.model
  $ openclaw config set gateway.port 18790
  $ openclaw config validate`,
  );
  command(
    config,
    'get [path]',
    'what stands there, as it is written; secrets are dots',
    async () => (await import('./commands/config-get.ts')).configGet,
  ).addHelpText(
    'after',
    `
Without a path: everything. A path that is not set: exit code 1.

Examples:
  $ openclaw config get
  $ openclaw config get agents.defaults.model.primary
  $ openclaw config get 'agents.defaults.models["minimax/MiniMax-M3"].alias'
  $ openclaw config get 'models.providers.minimax.models[0].id' --json`,
  );
  command(
    config,
    'set <path> <value>',
    'set one value; comments, order and everything else stay as they are',
    async () => (await import('./commands/config-set.ts')).configSet,
  )
    .option('--dry-run', 'show the lines that would change, and write nothing')
    .option('--allow-unknown', 'also a key that OpenClaw does not know, on which it refuses to start')
    .addHelpText(
      'after',
      `
Values: JSON5 (18790, true, ["a", "b"], { alias: "m3" }), anything else is text; - reads it from stdin. Secrets are not
taken: name a variable, '\${NAME}', or log in with \`openclaw onboard\`. What would not load is not written.

Examples:
  $ openclaw config set agents.defaults.model.primary minimax/MiniMax-M3
  $ openclaw config set agents.defaults.model.fallbacks '["minimax/MiniMax-M2.1"]'
  $ openclaw config set models.providers.minimax.apiKey '\${MINIMAX_API_KEY}'
  $ openclaw config set 'plugins.load.paths[0]' /opt/plugins --dry-run`,
    );
  command(
    config,
    'unset <path>',
    'remove one key or element',
    async () => (await import('./commands/config-set.ts')).configUnset,
  )
    .option('--dry-run', 'show the lines that would change, and write nothing')
    .addHelpText(
      'after',
      `
Examples:
  $ openclaw config unset gateway.port
  $ openclaw config unset 'agents.defaults.model.fallbacks[1]'`,
    );
  command(
    config,
    'validate',
    'every problem and every warning, each with its place and what to do',
    async () => (await import('./commands/config-validate.ts')).configValidate,
  ).addHelpText(
    'after',
    `
Reads openclaw.json and the .env beside it, and nothing else. Exit code 1 when the file does not load.

Examples:
  $ openclaw config validate
  $ openclaw config validate --json`,
  );
  command(
    config,
    'path',
    'where the file is',
    async () => (await import('./commands/config-get.ts')).configPath,
  ).addHelpText(
    'after',
    `
Examples:
  $ openclaw config path
  $ "\${EDITOR:-vi}" "$(openclaw config path)"`,
  );
}
