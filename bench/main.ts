// Runs the benches one after the other and prints their tables: `npm run bench [-- --quick] [--write] [name …]`.
// With --write they go into docs/performance.md as well, in the places of those that ran.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { commandsBench } from './commands.ts';
import type { BenchEntry, Target } from './entry.ts';
import { gatewayBench } from './gateway.ts';
import { installBench } from './install.ts';
import { memoryBench } from './memory.ts';
import { fillPlace } from './page.ts';
import { profileBench } from './profile.ts';
import { buildProgram } from './program.ts';
import { resolverBench } from './resolver.ts';
import { streamsBench } from './streams.ts';
import { forPage, forTerminal, targetTable } from './table.ts';

const entries: readonly BenchEntry[] = [
  gatewayBench,
  resolverBench,
  streamsBench,
  memoryBench,
  commandsBench,
  installBench,
  profileBench,
];
const pageFile = join(import.meta.dirname, '../docs/performance.md');

const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const names = entries.map(({ name }) => name);
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) throw new Error(`no bench ${unknown.join(', ')}: there are ${names.join(', ')}`);
const chosen = entries.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

const folder = mkdtempSync(join(tmpdir(), 'openclaw-bench-'));
try {
  await runAll();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function runAll(): Promise<void> {
  let built: string | undefined;
  const options = { quick: values.quick, program: () => (built ??= buildProgram(folder)) };
  const machine = machineLine();
  const targets: Target[] = [];
  let page = values.write ? readFileSync(pageFile, 'utf8') : '';
  process.stdout.write(`${machine}\n`);
  for (const entry of chosen) {
    const report = await entry.run(options);
    for (const table of report.tables) process.stdout.write(`\n${forTerminal(table)}`);
    targets.push(...report.targets);
    if (values.write) page = fillPlace(page, entry.name, report.tables.map(forPage).join('\n'));
  }
  if (targets.length > 0) process.stdout.write(`\n${forTerminal(targetTable(targets))}`);
  if (!values.write) return;
  if (chosen.length === entries.length) {
    page = fillPlace(page, 'machine', machine);
    page = fillPlace(page, 'targets', forPage(targetTable(targets)));
  }
  writeFileSync(pageFile, page);
  process.stdout.write(`\nwritten to ${pageFile}\n`);
}

function machineLine(): string {
  const cores = cpus();
  const gigabytes = Math.round(totalmem() / 1024 ** 3);
  const kind = values.quick ? ', quick' : '';
  return `Node ${process.version}, ${cores.length} × ${cores[0]?.model.trim() ?? 'unknown CPU'}, ${gigabytes} GB, ${process.platform} ${release()}${kind}`;
}
