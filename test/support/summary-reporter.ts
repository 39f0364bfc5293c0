import type { Reporter, TestModule } from 'vitest/node';

/**
 * Closes a run with one plain line, and fails it where a test was skipped or none ran: a test that
 * can not run here is a failure, not an omission.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules)
      for (const test of module.children.allTests()) count[test.result().state]++;
    if (count.passed === 0 || count.skipped > 0) process.exitCode = 1;
    process.stdout.write(
      `\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`,
    );
  }
}
