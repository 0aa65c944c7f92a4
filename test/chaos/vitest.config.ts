import { defineConfig } from 'vitest/config';
import { ClosingLine } from './closing-line.js';

/** The tests that take minutes: `npm run test:chaos`. One after the other: several measure memory. */
export default defineConfig({
  test: {
    include: ['test/chaos/*.test.ts'],
    globalSetup: ['test/setup/build.ts', 'test/setup/default-ports.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 600_000,
    reporters: ['default', new ClosingLine()],
  },
});
