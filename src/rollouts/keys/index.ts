/** The keys of a sticky rollout: how many there are, and which of them are canary's. */
export { DistinctKeys } from './distinct-keys.js';
export { KeptKeys } from './kept-keys.js';
