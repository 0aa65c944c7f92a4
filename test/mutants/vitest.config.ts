import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.js';

/** Unit tests of the room that `--dir` names: the first tests that a mutant meets (scripts/mutants.mjs), so without a build, and quick. */
export default defineConfig({
  resolve: base.resolve ?? {},
  test: {
    include: ['**/*.test.ts'],
    pool: 'forks',
    isolate: false,
    maxWorkers: 2,
    testTimeout: 60_000,
    provide: { fastPath: true },
    restoreMocks: true,
    unstubEnvs: true,
  },
});
