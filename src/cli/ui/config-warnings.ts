// Warnings of the configuration on stderr: file, line, and what is meant.
import type { LoadedConfig } from '../../config/load.ts';
import type { Output } from '../command-context.ts';

export function printConfigWarnings(output: Output, config: LoadedConfig): void {
  for (const { line, column, message } of config.warnings) {
    const place = `${config.file}:${line}:${column}`;
    output.note(`Warning: ${place}: ${message}`, { event: 'warning', place, message });
  }
}
