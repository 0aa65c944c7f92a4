import path from 'node:path';
import { defineConfig } from 'vitest/config';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where child processes leave their raw V8 coverage; '' = nowhere. */
    childCoverageFolder: string;
    /** What `server.fastPath` is by default. */
    fastPath: boolean;
  }
}

const coverage = process.argv.includes('--coverage');

export default defineConfig({
  // One copy of what a runtime from outside is written with, where it is imported into the process of a test.
  resolve: { alias: { 'millrace/runtime': path.resolve('src/runtimes/authoring.ts') } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: [
            'src/**/*.test.ts',
            'bench/**/*.test.ts',
            'test/architecture/**/*.test.ts',
            'test/contract/**/*.test.ts',
            'test/e2e/**/*.test.ts',
          ],
          globalSetup: ['test/setup/build.ts', 'test/setup/default-ports.ts'],
          provide: { fastPath: true },
        },
      },
      {
        // The other way in keeps all promises, too.
        extends: true,
        test: {
          name: 'without fast path',
          include: [
            'test/contract/server.{asynchronous-credentials,bodies,connections,fast-path-setting,frozen-clients}.test.ts',
            'test/contract/server.{guards,lifecycle,pipelines,request-smuggling,requests,settlement}.test.ts',
            'test/e2e/{bad-input,bad-input-limits,chaos,cli-serve,cli-tls,fuzz}.test.ts',
          ],
          provide: { fastPath: false },
        },
      },
    ],
    setupFiles: ['test/setup/child-coverage.ts', 'test/setup/fast-path.ts'],
    provide: { childCoverageFolder: coverage ? path.resolve('coverage/children') : '' },
    pool: 'forks',
    maxWorkers: 2,
    // A guard against what hangs: a process takes seconds to start where many share a core.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    unstubEnvs: true,
    restoreMocks: true,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/**/*.test.ts'],
      reportsDirectory: 'coverage/tests',
      // scripts/coverage.mjs merges this with the coverage of child processes, prints the sum and judges it.
      reporter: ['json'],
      reportOnFailure: true,
    },
  },
});
