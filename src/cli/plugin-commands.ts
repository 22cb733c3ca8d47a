// The commands of `openclaw plugins` and their flags; what each does is loaded when it is called.
import type { Command } from 'commander';
import type { AddCommand } from './add-command.ts';

export function addPluginCommands(plugins: Command, command: AddCommand): void {
  plugins.addHelpText(
    'after',
    `
A plugin brings providers and the ways to log in to them. One that comes with the program is off until it is enabled, or
until a login by it succeeds; further ones are found in the folders of plugins.load.paths in openclaw.json.

Examples:
  $ openclaw plugins list
  $ openclaw plugins inspect minimax-portal-auth
  $ openclaw plugins enable minimax-portal-auth`,
  );
  command(
    plugins,
    'list',
    'what there is, where it comes from, what it adds, and why it failed',
    async () => (await import('./commands/plugins.ts')).pluginsList,
  ).addHelpText(
    'after',
    `
The code of those that are enabled is run, to see whether it works; no network is asked.

Examples:
  $ openclaw plugins list
  $ openclaw plugins list --json`,
  );
  command(
    plugins,
    'inspect <id>',
    'everything about one plugin: providers, models, ways to log in, settings, logins, errors',
    async () => (await import('./commands/plugins-inspect.ts')).pluginsInspect,
  ).addHelpText(
    'after',
    `
Settings are shown as they are written; what may be a secret is not.

Examples:
  $ openclaw plugins inspect minimax-portal-auth
  $ openclaw plugins inspect minimax-portal-auth --json`,
  );
  command(
    plugins,
    'enable <id>',
    'enable a plugin, and say how to log in with it',
    async () => (await import('./commands/plugins.ts')).pluginsEnable,
  ).addHelpText(
    'after',
    `
Sets plugins.entries.<id>.enabled in openclaw.json and nothing else. A gateway that runs takes it by itself.

Example:
  $ openclaw plugins enable minimax-portal-auth`,
  );
  command(
    plugins,
    'disable <id>',
    'disable a plugin; its logins are kept, and not used meanwhile',
    async () => (await import('./commands/plugins.ts')).pluginsDisable,
  ).addHelpText(
    'after',
    `
Example:
  $ openclaw plugins disable minimax-portal-auth`,
  );
}
