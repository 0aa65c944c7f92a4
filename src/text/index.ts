/** Room `text` (rank 1): what people write and read: names nearly right, CSV, patterns of names, durations and times, paths of keys, lines for a shell. */
export * from './csv.js';
export * from './curl.js';
export * from './did-you-mean.js';
export * from './duration.js';
export * from './key-path.js';
export * from './name-patterns.js';
export * from './object-storage.js';
export * from './prefer.js';
export * from './time.js';
