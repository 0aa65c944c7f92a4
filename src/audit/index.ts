/** Room `audit` (rank 2): who did what to what, in files whose entries are chained by their hashes. */
export { readLines } from './chain/lines.js';
export { publicKeyFile, readPublicKey } from './checkpoints/key.js';
export type { Deed, EntryFields } from './entries.js';
export { type AuditOptions, AuditOptionsSchema } from './options.js';
export { exportTrail } from './reading/export.js';
export type { AuditFilter } from './reading/filter.js';
export { readLinesBackwards } from './reading/lines-backwards.js';
export { type FoundEntry, type Page, type PageOptions, searchTrail } from './reading/search.js';
export { openTrail } from './recording/open-trail.js';
export { type AuditChange, type AuditTrail, keyFileOf, NO_TRAIL } from './recording/trail.js';
export { type ChainReport, type VerifyReport, verifyTrail } from './verify.js';
