// The commands of `openclaw plugins` and their flags; what each does is loaded when it is called.
import type { Command } from 'commander';
import type { AddCommand } from './add-command.ts';

export function addPluginCommands(plugins: Command, command: AddCommand): void {
  command(
    plugins,
    'list',
    'what there is, whether it is enabled, and why it failed',
    async () => (await import('./commands/plugins.ts')).pluginsList,
  );
  command(
    plugins,
    'enable <id>',
    'enable a plugin',
    async () => (await import('./commands/plugins.ts')).pluginsEnable,
  );
  command(
    plugins,
    'disable <id>',
    'disable a plugin; its logins are kept',
    async () => (await import('./commands/plugins.ts')).pluginsDisable,
  );
}
