// Builds the published package: one bundle, so that it starts fast and installs in seconds, and the licences of what was
// bundled.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram } from './bundle.ts';

const out = join(import.meta.dirname, '../dist');
rmSync(out, { recursive: true, force: true });
const packages = await bundleProgram(out);

const notices = packages.map((folder) => {
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
  return `${String(about['name'])} ${String(about['version'])} (${String(about['license'])})\n\n${text}\n`;
});
writeFileSync(join(out, 'THIRD-PARTY-NOTICES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));

const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
process.stderr.write(`dist: ${files.length} files, ${packages.length} packages bundled\n`);
