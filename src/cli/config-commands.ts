// The commands of `openclaw config` and their flags; what each does is loaded when it is called.
import type { Command } from 'commander';
import type { AddCommand } from './add-command.ts';

export function addConfigCommands(_config: Command, _command: AddCommand): void {}
