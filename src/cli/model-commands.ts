// The commands of `openclaw models` and their flags; what each does is loaded when it is called.
import type { Command } from 'commander';
import type { AddCommand } from './add-command.ts';

export function addModelCommands(models: Command, command: AddCommand): void {
  models.addHelpText(
    'after',
    `
A model is named provider/model, by an alias, by its id alone where one provider has it, or default. Names are
case-sensitive.

Examples:
  $ openclaw models list
  $ openclaw models set minimax/MiniMax-M2.1
  $ openclaw models status --check`,
  );
  command(
    models,
    'list',
    'what can be served now, and what the configuration names besides',
    async () => (await import('./commands/models-list.ts')).modelsList,
  )
    .option('--provider <id>', 'of one provider only')
    .option('--all', 'those of providers without credentials too')
    .option('--plain', 'refs only, one a line')
    .addHelpText(
      'after',
      `
Auth: login (OAuth) or token, key (an API key), open (needs none), - (there is none).
Tags: default, fallback#1, alias:name; plan (a plan pays), configured (in openclaw.json), local (on this machine),
not in plan (its service said so), missing (named, and cannot be served: the lines below say why).

Examples:
  $ openclaw models list
  $ openclaw models list --all --provider minimax
  $ openclaw models list --plain
  $ openclaw models list --json`,
    );
  command(
    models,
    'set <ref>',
    'set the default model',
    async () => (await import('./commands/models-set.ts')).modelsSet,
  ).addHelpText(
    'after',
    `
Takes a ref, an alias, or an id that one provider has. Sets agents.defaults.model.primary in openclaw.json; a gateway that
runs takes it over by itself. Where a plan pays, its service is asked whether it has the model, 3 seconds at most.

Examples:
  $ openclaw models set minimax/MiniMax-M2.1
  $ openclaw models set minimax-portal/MiniMax-M3
  $ openclaw models set opus`,
  );
  command(
    models,
    'status',
    'the default model, its fallbacks and aliases, and what serves each',
    async () => (await import('./commands/models-status.ts')).modelsStatus,
  )
    .option('--check', 'exit with 1 when nothing can serve the default model')
    .addHelpText(
      'after',
      `
Reads what is on this machine; no network is asked. A cooldown passes by itself and is no matter for --check.

Examples:
  $ openclaw models status
  $ openclaw models status --check && echo served
  $ openclaw models status --json`,
    );
  addAliasCommands(groupOf(models, 'aliases', 'further names of models'), command);
  addFallbackCommands(groupOf(models, 'fallbacks', 'the models that stand in for the default one'), command);
}

function addAliasCommands(aliases: Command, command: AddCommand): void {
  aliases.addHelpText(
    'after',
    `
Examples:
  $ openclaw models aliases list
  $ openclaw models aliases add fast minimax/MiniMax-M2.7-highspeed
  $ openclaw models aliases remove fast`,
  );
  const load = async () => import('./commands/models-aliases.ts');
  command(
    aliases,
    'list',
    'every alias and its model',
    async () => (await load()).modelsAliasesList,
  ).addHelpText(
    'after',
    `
Examples:
  $ openclaw models aliases list
  $ openclaw models aliases list --json`,
  );
  command(
    aliases,
    'add <alias> <ref>',
    'give a model a further name; it has one at most',
    async () => (await load()).modelsAliasesAdd,
  ).addHelpText(
    'after',
    `
Sets agents.defaults.models.<ref>.alias in openclaw.json. OpenClaw itself, where it uses the same file, takes that section
as the list of all models that may be chosen there.

Examples:
  $ openclaw models aliases add fast minimax/MiniMax-M2.7-highspeed
  $ openclaw models aliases add opus anthropic/claude-opus-4-6`,
  );
  command(
    aliases,
    'remove <alias>',
    'take a name away',
    async () => (await load()).modelsAliasesRemove,
  ).addHelpText(
    'after',
    `
Example:
  $ openclaw models aliases remove fast`,
  );
}

function addFallbackCommands(fallbacks: Command, command: AddCommand): void {
  fallbacks.addHelpText(
    'after',
    `
When the default model fails before its first byte, the gateway goes on with these, in their order.

Examples:
  $ openclaw models fallbacks list
  $ openclaw models fallbacks add minimax/MiniMax-M2.1
  $ openclaw models fallbacks clear`,
  );
  const load = async () => import('./commands/models-fallbacks.ts');
  command(
    fallbacks,
    'list',
    'the fallbacks in their order',
    async () => (await load()).modelsFallbacksList,
  ).addHelpText(
    'after',
    `
Examples:
  $ openclaw models fallbacks list
  $ openclaw models fallbacks list --json`,
  );
  command(fallbacks, 'add <ref>', 'add one more, at the end', async () => (await load()).modelsFallbacksAdd)
    .option('--first', 'before all others; moves one that is there')
    .addHelpText(
      'after',
      `
Sets agents.defaults.model.fallbacks in openclaw.json.

Examples:
  $ openclaw models fallbacks add minimax/MiniMax-M2.1
  $ openclaw models fallbacks add minimax-portal/MiniMax-M2.7 --first`,
    );
  command(
    fallbacks,
    'remove <ref>',
    'take one out',
    async () => (await load()).modelsFallbacksRemove,
  ).addHelpText(
    'after',
    `
Example:
  $ openclaw models fallbacks remove minimax/MiniMax-M2.1`,
  );
  command(
    fallbacks,
    'clear',
    'take all of them out',
    async () => (await load()).modelsFallbacksClear,
  ).addHelpText(
    'after',
    `
Example:
  $ openclaw models fallbacks clear`,
  );
}

function groupOf(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).helpCommand(false);
}
