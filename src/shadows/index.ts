/** Room `shadows` (rank 4): what two versions answer to the same requests, compared, counted and told. Pure. */
export * from './answer.js';
export * from './book.js';
export * from './compare-answers.js';
export * from './dropped.js';
export * from './report.js';
export * from './report-html.js';
export * from './report-text.js';
export * from './rules.js';
export * from './samples.js';
export * from './tally.js';
