import { defineConfig } from 'vitest/config';
import { ClosingLine } from '../chaos/closing-line.js';

/** `npm run fuzz`: each target for minutes. One after the other, so that each has the machine for itself. */
export default defineConfig({
  test: {
    include: ['test/fuzz/*.test.ts'],
    globalSetup: ['test/setup/build.ts', 'test/setup/default-ports.ts'],
    pool: 'forks',
    fileParallelism: false,
    reporters: ['default', new ClosingLine()],
  },
});
