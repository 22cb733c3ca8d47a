// Ends a test run with one line that says how many tests ran, and why any was skipped.
import type { Reporter, TestModule } from 'vitest/node';

export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    let passed = 0;
    let failed = 0;
    const skipped = new Map<string, number>();
    for (const testModule of modules) {
      if (testModule.state() === 'failed' && testModule.errors().length > 0) failed += 1;
      for (const test of testModule.children.allTests()) {
        const result = test.result();
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
    const tail = skippedCount > 0 ? `, ${skippedCount} skipped` : '';
    process.stdout.write(`${passed} passed, ${failed} failed${tail}\n`);
  }
}
