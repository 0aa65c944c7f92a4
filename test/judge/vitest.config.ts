import { defineConfig } from 'vitest/config';
import { ClosingLine } from '../chaos/closing-line.js';

/** The judge in some ten thousand simulated rollouts, on one core: `npm run test:judge`. */
export default defineConfig({
  test: {
    include: ['test/judge/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 900_000,
    reporters: ['default', new ClosingLine()],
  },
});
