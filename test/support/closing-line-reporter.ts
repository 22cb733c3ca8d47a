// Ends a test run with how much was searched for secrets, why any test was skipped, and how many tests ran.
import type { Reporter, TestModule } from 'vitest/node';
import type { Swept } from './canary-sweep.ts';

export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    let passed = 0;
    let failed = 0;
    const skipped = new Map<string, number>();
    const swept: Swept = { files: 0, outputs: 0, bytes: 0, found: 0 };
    for (const testModule of modules) {
      if (testModule.state() === 'failed' && testModule.errors().length > 0) failed += 1;
      for (const test of testModule.children.allTests()) {
        const result = test.result();
        const more = test.meta().swept;
        if (more !== undefined) {
          swept.files += more.files;
          swept.outputs += more.outputs;
          swept.bytes += more.bytes;
          swept.found += more.found;
        }
        if (result.state === 'passed') passed += 1;
        else if (result.state === 'failed') failed += 1;
        else if (result.state === 'skipped') {
          const why = result.note ?? 'not selected';
          skipped.set(why, (skipped.get(why) ?? 0) + 1);
        }
      }
    }
    for (const [why, count] of skipped) process.stdout.write(`skipped ${count}: ${why}\n`);
    const skippedCount = [...skipped.values()].reduce((sum, count) => sum + count, 0);
    const kilobytes = Math.ceil(swept.bytes / 1024);
    process.stdout.write(
      `canaries: ${swept.found} found in ${swept.files} files and ${swept.outputs} outputs (${kilobytes} KB)\n`,
    );
    const tail = skippedCount > 0 ? `, ${skippedCount} skipped` : '';
    process.stdout.write(`${passed} passed, ${failed} failed${tail}\n`);
  }
}
