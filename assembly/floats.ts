/**
 * What `src/protocols/shared/json/float-assembly.ts` runs: AssemblyScript, compiled by `npm run assembly`. Reading and writing share
 * a memory of two pages. Tables and constants are below 4096; `memory.ts` says what else is where.
 *
 * Careful: AssemblyScript infers types from the left. `15 - unsigned` is signed, and inside a cast to u64 everything is u64.
 * And `&&` makes a value of a condition, not a branch: a tenth of the time of a loop that runs once a number.
 */
export * from './format-floats';
export { MAX_TEXT_BYTES, POSITION, STATUS, TEXT, VALUES } from './memory';
export * from './scan-floats';
