// The walls between the rooms: who may import whom, how files are named, and that the check itself sees something.
import { globSync, mkdtempSync, rmSync, symlinkSync, cpSync, appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { beforeAll, describe, expect, it } from 'vitest';
import { importRules } from './support/import-ranks.ts';

const root = join(import.meta.dirname, '..');

async function check(baseDir: string): Promise<ICruiseResult> {
  const { output } = await cruise(['src', 'extensions'], {
    baseDir,
    ruleSet: { forbidden: importRules() },
    validate: true,
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
    },
  });
  return output as ICruiseResult;
}

const describeViolations = (result: ICruiseResult): string[] =>
  result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);

describe('imports', () => {
  it('go downwards only', async () => {
    const result = await check(root);
    const sources = globSync('{src,extensions}/**/*.ts', { cwd: root });
    const seen = result.modules.filter((module) => /^(src|extensions)\/.*\.ts$/.test(module.source));
    expect(seen.length).toBe(sources.length);
    expect(result.summary.totalDependenciesCruised).toBeGreaterThan(sources.length);
    expect(describeViolations(result)).toEqual([]);
  });

  describe('over a wall', () => {
    const broken: readonly (readonly [file: string, line: string, rule: string])[] = [
      [
        'src/platform/clock.ts',
        "import type { Lease } from '../auth/lease.ts';\nexport type Seeded = Lease;\n",
        'rank-of-src/platform/',
      ],
      [
        'src/store/credential-store.ts',
        "export { orderProfiles } from '../auth/order.ts';\n",
        'rank-of-src/store/',
      ],
      [
        'src/auth/order.ts',
        "export { default } from '../../extensions/minimax-portal-auth/index.ts';\n",
        'src-knows-no-extension',
      ],
      [
        'extensions/minimax-portal-auth/models.ts',
        "export { cleanText } from '../../src/platform/text.ts';\n",
        'one-door-for-extensions',
      ],
      [
        'extensions/minimax-portal-auth/simulator/main.ts',
        "export * from '../dialect.ts';\n",
        'simulator-reads-the-protocol-itself',
      ],
      [
        'src/vault/child-keychain.ts',
        "export * as Seeded from './keychain-child.ts';\n",
        'keychain-child-is-started-only',
      ],
      [
        'src/vault/key-source.ts',
        "export { prepareSecretService } from './secret-service.ts';\n",
        'secret-service-in-the-helper-only',
      ],
      ['src/cli/program.ts', "export { createClient } from 'dbus-native';\n", 'dbus-in-the-helper-only'],
    ];
    let seen: readonly string[] = [];

    // All of them in one copy: none of these hides another.
    beforeAll(async () => {
      const copy = mkdtempSync(join(tmpdir(), 'openclaw-architecture-'));
      try {
        for (const name of ['src', 'extensions', 'package.json', 'tsconfig.json']) {
          cpSync(join(root, name), join(copy, name), { recursive: true });
        }
        symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
        for (const [file, line] of broken) appendFileSync(join(copy, file), line);
        seen = describeViolations(await check(copy));
      } finally {
        rmSync(copy, { recursive: true, force: true });
      }
    });

    it.each(broken)('%s is seen', (file, _line, rule) => {
      expect(seen.some((violation) => violation.startsWith(`${rule}: ${file}`))).toBe(true);
    });
  });
});

describe('files', () => {
  const vague = /(^|\/)(utils?|helpers?|common|shared|core|manager|service|misc|types)(\.ts|\/)/;

  it('have names that tell something', () => {
    expect(globSync('{src,extensions}/**/*.ts', { cwd: root }).filter((file) => vague.test(file))).toEqual(
      [],
    );
  });

  it('say at the top what they decide', async () => {
    const without: string[] = [];
    // Programs to be played or compared with are installed beside what starts them.
    const installed = (name: string): boolean => name === 'node_modules';
    const places = '{src,extensions,test,scripts,bench}/**/*.ts';
    for (const file of globSync(places, { cwd: root, exclude: installed })) {
      const text = (await readFile(join(root, file), 'utf8')).replace(/^#!.*\n/, '');
      if (!/^(\/\/|\/\*)/.test(text)) without.push(file);
    }
    expect(without).toEqual([]);
  });
});
