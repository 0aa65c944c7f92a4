import { defineConfig } from 'vitest/config';
import { ClosingLine } from '../chaos/closing-line.js';

/** The full comparison of the two ways that requests may come in, half of it on each of two cores: `npm run test:differential`. */
export default defineConfig({
  test: {
    include: ['test/differential/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 900_000,
    reporters: ['default', new ClosingLine()],
  },
});
