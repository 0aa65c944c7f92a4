import { defineConfig } from 'vitest/config';
import { ClosingLine } from '../chaos/closing-line.js';

/** The judge in some ten thousand simulated rollouts, on two cores: `npm run test:judge`. */
export default defineConfig({
  test: {
    include: ['test/judge/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 900_000,
    reporters: ['default', new ClosingLine()],
  },
});
