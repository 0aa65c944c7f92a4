import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.js';

/** Unit tests without a build, of the room that `--dir` names: the first tests that a mutant meets (scripts/mutants.mjs). */
export default defineConfig({
  resolve: base.resolve ?? {},
  test: { include: ['**/*.test.ts'], pool: 'forks', maxWorkers: 2, testTimeout: 60_000, restoreMocks: true },
});
