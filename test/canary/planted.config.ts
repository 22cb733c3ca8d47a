// Runs the tests that plant canaries, for the test that expects them to be found.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/canary/planted.ts'],
    reporters: ['default', './test/support/closing-line-reporter.ts'],
  },
});
