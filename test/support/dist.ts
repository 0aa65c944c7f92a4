import path from 'node:path';

/** The compiled command line, which the test run has brought up to date. */
export const CLI_ENTRY = path.resolve('dist/cli/main.js');
/** The compiled runner: for servers that a test assembles from source, whose own runner would be TypeScript. */
export const RUNNER_ENTRY = path.resolve('dist/runtimes/host/runner-main.js');
