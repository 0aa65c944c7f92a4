import { fileURLToPath } from 'node:url';

/**
 * The built entry of runner processes, for `runners.entry`: under vitest the package's own files are TypeScript.
 * The test set-up brings dist up to date before all tests.
 */
export const RUNNER_ENTRY = fileURLToPath(new URL('../../dist/runtimes/host/runner-main.js', import.meta.url));
