// The program as one bundle with shared chunks, and the plugins' manifests beside it: for the published package, and for
// tests that start it often.
import { chmodSync, cpSync, globSync, mkdirSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { rolldown, type Plugin } from 'rolldown';

const root = join(import.meta.dirname, '..');

/** Writes `main.js` and what it needs into `out`; answers the folders of the packages that are in it. */
export async function bundleProgram(out: string): Promise<readonly string[]> {
  const core = new Set<string>();
  const bundle = await rolldown({
    cwd: root,
    plugins: [gatherCore(core), takeBuiltins()],
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
    codeSplitting: {
      groups: [
        // `--version` loads this alone.
        { name: 'version', test: /\/src\/version\.ts$/, priority: 2 },
        { name: 'core', test: (id) => core.has(id), priority: 1 },
      ],
    },
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  });
  await bundle.close();
  chmodSync(join(out, 'main.js'), 0o755);

  for (const manifest of globSync('extensions/*/openclaw.plugin.json', { cwd: root })) {
    mkdirSync(dirname(join(out, manifest)), { recursive: true });
    cpSync(join(root, manifest), join(out, manifest));
  }
  const chunks = output.filter((file) => file.type === 'chunk');
  const packages = chunks.flatMap(({ moduleIds }) => moduleIds.map(packageOf));
  return [...new Set(packages.filter((folder) => folder !== undefined))].sort();
}

/** What every command loads, and what the quickest of them loads beside it: one file is read faster than forty. */
const coreOf = ['src/cli/process.ts', 'src/cli/commands/auth-status.ts'];

function gatherCore(core: Set<string>): Plugin {
  return {
    name: 'gather-core',
    buildEnd() {
      const gather = (id: string): void => {
        if (core.has(id)) return;
        core.add(id);
        for (const imported of this.getModuleInfo(id)?.importedIds ?? []) gather(imported);
      };
      for (const file of coreOf) gather(join(root, file));
    },
  };
}

/**
 * `import { readFileSync } from 'node:fs'` makes Node load all that `fs` can do, streams and promises too, since each name
 * of a built-in module is read once for it; asking for the module itself reads what is used.
 */
function takeBuiltins(): Plugin {
  return {
    name: 'take-builtins',
    renderChunk(code) {
      return code.replace(
        /\bimport ?([\w$]+|\* ?as ?[\w$]+|\{[^}]*\}) ?from ?("node:[\w/]+");/g,
        (_, names: string, module: string) => {
          const bound = names.replace(/^\* ?as ?/, '').replaceAll(' as ', ':');
          return `const ${bound}=process.getBuiltinModule(${module});`;
        },
      );
    },
  };
}

function packageOf(id: string): string | undefined {
  const at = id.lastIndexOf(`node_modules${sep}`);
  if (at === -1) return undefined;
  const parts = id.slice(at + `node_modules${sep}`.length).split(sep);
  const name = parts[0]?.startsWith('@') === true ? join(parts[0], parts[1] ?? '') : (parts[0] ?? '');
  return join(id.slice(0, at), 'node_modules', name);
}
