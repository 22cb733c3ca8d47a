import { defineConfig } from 'vitest/config';

/** Tests of these stay in their process and leave it as it was: files share one, which saves each its start. */
const inProcess = [
  'test/{auth,bench,cli,config,docs,endurance,gateway,language,minimax-portal-auth,oauth}/**/*.test.ts',
  'test/{platform,plugins,providers,scripts,torture,wire}/**/*.test.ts',
  'test/simulator/{api-host,browser-pages,control-api,device-flow,faults,responses,token-life}.test.ts',
  'test/store/{activity-database,credential-store,damaged-rows,high-water,set-aside,store-key,unwritable-store}.test.ts',
  'test/vault/{key-choice,key-file,passphrase,seal}.test.ts',
  'test/redaction.test.ts',
];

// Node strips the types itself, and keeps what it has compiled for the next process.
process.env['NODE_COMPILE_CACHE'] ??= new URL(
  'node_modules/.cache/openclaw-tests-compiled',
  import.meta.url,
).pathname;

export default defineConfig({
  test: {
    experimental: { viteModuleRunner: false },
    globalSetup: './test/support/program-build.ts',
    // More than the usual two cores: many tests wait for processes and clocks.
    maxWorkers: 4,
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    projects: [
      {
        test: {
          name: 'processes',
          include: ['test/**/*.test.ts', 'extensions/**/*.test.ts'],
          exclude: inProcess,
          pool: 'forks',
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'in process',
          include: inProcess,
          pool: 'forks',
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
});
