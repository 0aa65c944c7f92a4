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

/** They replace modules, or measure the memory of their process. */
const ISOLATED = [
  'src/audit/recording/inference-group.test.ts',
  'src/loadgen/measure.test.ts',
  'src/server/http/headers.test.ts',
  'src/server/rest/router.test.ts',
];

const coverage = process.argv.includes('--coverage');

export default defineConfig({
  // One copy of what a runtime from outside is written with, where it is imported into the process of a test.
  resolve: { alias: { 'millrace/runtime': path.resolve('src/runtimes/authoring.ts') } },
  test: {
    projects: [
      {
        // One process for many files: a new one would take longer to load the code than most of them take to test it.
        extends: true,
        test: {
          name: 'units',
          include: [
            'src/**/*.test.ts',
            'bench/**/*.test.ts',
            'test/architecture/**/*.test.ts',
            'test/contract/**/*.test.ts',
          ],
          exclude: ISOLATED,
          isolate: false,
        },
      },
      {
        // As above: what they test runs in processes of its own, or is a server that the file closes.
        extends: true,
        test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], isolate: false },
      },
      {
        extends: true,
        test: { name: 'isolated', include: ISOLATED },
      },
      {
        // The other way in keeps all promises, too.
        extends: true,
        test: {
          name: 'without fast path',
          isolate: false,
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
    globalSetup: ['test/setup/build.ts', 'test/setup/default-ports.ts'],
    provide: { childCoverageFolder: coverage ? path.resolve('coverage/children') : '', fastPath: true },
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
