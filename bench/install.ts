// What an installation of the published package is: packed, installed by npm into an empty folder, counted and weighed.
// It needs the registry, or npm's cache, for the one optional package.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { target, type BenchEntry, type BenchOptions, type BenchReport } from './entry.ts';

export const installBench: BenchEntry = { name: 'install', run: measure };

const megabyte = 1_024 ** 2;
const installMs = 180_000;

type Packed = { filename: string; size: number };

function measure(options: BenchOptions): Promise<BenchReport> {
  const published = dirname(dirname(options.program()));
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-bench-install-'));
  try {
    const packed = npm(published, ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]);
    if (packed.error !== undefined) throw new Error(`npm pack: ${packed.error}`);
    const [{ filename, size }] = JSON.parse(packed.output) as [Packed];
    const into = join(folder, 'installed');
    mkdirSync(into);
    writeFileSync(join(into, 'package.json'), '{ "private": true }');
    const installed = npm(into, ['install', '--prefer-offline', '--ignore-scripts', join(folder, filename)]);
    const modules = join(into, 'node_modules');
    const packages = installed.error === undefined ? countPackages(modules) : Number.NaN;
    const bytes = installed.error === undefined ? weigh(modules) : Number.NaN;
    const shown = (value: number, unit: string): string =>
      Number.isNaN(value) ? '–' : `${value.toFixed(unit === '' ? 0 : 1)}${unit}`;
    return Promise.resolve({
      tables: [
        {
          title: 'An installation of the published package',
          columns: ['', ''],
          rows: [
            ['packed', `${(size / megabyte).toFixed(1)} MB`],
            ['packages', shown(packages, '')],
            ['files on the disk', shown(bytes / megabyte, ' MB')],
          ],
          ...(installed.error === undefined ? {} : { notes: [`npm install failed: ${installed.error}`] }),
        },
      ],
      targets: [
        target('packages of an installation', packages, { atMost: 60 }, '', 0),
        target('size of an installation', bytes / megabyte, { atMost: 40 }, ' MB', 1),
      ],
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function npm(cwd: string, args: readonly string[]): { output: string; error?: string } {
  const quiet = ['--no-audit', '--no-fund', '--loglevel', 'error'];
  const run = spawnSync('npm', [...args, ...quiet], { cwd, encoding: 'utf8', timeout: installMs });
  if (run.status === 0) return { output: run.stdout };
  const reason = run.error?.message ?? run.stderr.split('\n').find((line) => line.includes('error'));
  return { output: '', error: reason ?? `ended with ${run.status}` };
}

/** Every folder that npm put a package.json into, scoped and nested ones too. */
function countPackages(modules: string): number {
  let count = 0;
  for (const name of readdirSync(modules)) {
    if (name.startsWith('.')) continue;
    const folder = join(modules, name);
    if (name.startsWith('@')) {
      count += countPackages(folder);
      continue;
    }
    count += 1;
    const nested = join(folder, 'node_modules');
    if (existsSync(nested)) count += countPackages(nested);
  }
  return count;
}

function weigh(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += lstatSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}
