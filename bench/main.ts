// Runs the benches one after the other and prints their tables: `npm run bench [-- --quick] [name …]`.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { BenchEntry, BenchTable } from './entry.ts';
import { commandsBench } from './commands.ts';
import { gatewayBench } from './gateway.ts';
import { resolverBench } from './resolver.ts';

const entries: readonly BenchEntry[] = [gatewayBench, resolverBench, commandsBench];

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
});

const chosen = entries.filter((entry) => positionals.length === 0 || positionals.includes(entry.name));
process.stdout.write(`node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}\n`);
for (const entry of chosen) print(await entry.run({ quick: values.quick }));

function print(table: BenchTable): void {
  const lines = [table.columns, ...table.rows];
  const widths = table.columns.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  const text = lines.map((line) =>
    line
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  const notes = (table.notes ?? []).map((note) => `  ${note}`);
  process.stdout.write(`\n${table.title}\n${[...text, ...notes].join('\n')}\n`);
}
