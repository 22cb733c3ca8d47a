// The commands of `openclaw models` and their flags; what each does is loaded when it is called.
import type { Command } from 'commander';
import type { AddCommand } from './add-command.ts';

export function addModelCommands(models: Command, command: AddCommand): void {
  command(
    models,
    'list',
    'every model that can be used now',
    async () => (await import('./commands/models.ts')).modelsList,
  )
    .option('--provider <id>', 'of one provider only')
    .option('--plain', 'refs only, one a line');
  command(
    models,
    'set <ref>',
    'set the default model',
    async () => (await import('./commands/models.ts')).modelsSet,
  );
}
