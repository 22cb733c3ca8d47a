// Warnings of the configuration on stderr: file, line, what is meant, and what to do.
import type { LoadedConfig } from '../../config/load.ts';
import { cleanText } from '../../platform/text.ts';
import type { Output } from '../command-context.ts';

export function printConfigWarnings(output: Output, config: LoadedConfig): void {
  for (const { file, line, column, message, fix } of config.warnings) {
    const place = `${cleanText(file ?? config.file, 400)}:${line}:${column}`;
    const remedy = fix === undefined ? '' : `\n  ${fix}`;
    output.note(`Warning: ${place}: ${message}${remedy}`, { event: 'warning', place, message, fix });
  }
}
