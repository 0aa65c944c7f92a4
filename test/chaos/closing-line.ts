import type { Reporter, TestModule } from 'vitest/node';

/** Prints `N passed, N failed` when all is over, as the other suites do. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    let passed = 0;
    let failed = 0;
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        // One that was skipped is `ok` to vitest, and proves nothing.
        if (test.result().state === 'passed') passed++;
        else failed++;
      }
      if (!module.ok() && failed === 0) failed++;
    }
    console.log(`${passed} passed, ${failed} failed`);
  }
}
