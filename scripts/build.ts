// Builds the published package: one bundle with shared chunks, so that it starts fast and installs in seconds, the
// plugins' manifests beside it, and the licences of what was bundled.
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
  chmodSync,
} from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..');
const out = join(root, 'dist');
rmSync(out, { recursive: true, force: true });

const bundle = await rolldown({
  cwd: root,
  platform: 'node',
  input: {
    main: 'src/main.ts',
    'vault/keychain-child': 'src/vault/keychain-child.ts',
    'extensions/minimax-portal-auth/index': 'extensions/minimax-portal-auth/index.ts',
    'extensions/minimax-portal-auth/simulator/main': 'extensions/minimax-portal-auth/simulator/main.ts',
  },
  // Native, and chosen by platform at install time.
  external: ['@napi-rs/keyring', 'keytar'],
  onLog(level, log, next) {
    if (level === 'warn') throw new Error(`${log.code ?? 'warning'}: ${log.message}`);
    next(level, log);
  },
});
const { output } = await bundle.write({
  dir: out,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
});
await bundle.close();
chmodSync(join(out, 'main.js'), 0o755);

for (const manifest of globSync('extensions/*/openclaw.plugin.json', { cwd: root })) {
  mkdirSync(dirname(join(out, manifest)), { recursive: true });
  cpSync(join(root, manifest), join(out, manifest));
}

const packages = new Set<string>();
for (const chunk of output) {
  if (chunk.type !== 'chunk') continue;
  for (const id of chunk.moduleIds) {
    const at = id.lastIndexOf(`node_modules${sep}`);
    if (at === -1) continue;
    const parts = id.slice(at + `node_modules${sep}`.length).split(sep);
    const name = parts[0]?.startsWith('@') === true ? join(parts[0], parts[1] ?? '') : (parts[0] ?? '');
    packages.add(join(id.slice(0, at), 'node_modules', name));
  }
}
const notices = [...packages].sort().map((folder) => {
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
  return `${String(about['name'])} ${String(about['version'])} (${String(about['license'])})\n\n${text}\n`;
});
writeFileSync(join(out, 'THIRD-PARTY-NOTICES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));

const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
if (!existsSync(join(out, 'main.js'))) throw new Error('no dist/main.js');
process.stderr.write(`dist: ${files.length} files, ${packages.size} packages bundled\n`);
