/** Room `jobs` (rank 7): requests that are stored, run later for their callers, and answered then. */

export { delivered } from './delivery.js';
export { JobElsewhere, JobGone, KeyConflict } from './errors.js';
export { Jobs, type JobsSetup } from './jobs.js';
export { type JobsOptions, JobsOptionsSchema } from './options.js';
export type {
  JobGauges,
  JobInfo,
  JobListing,
  JobPage,
  JobQueue,
  JobResult,
  JobSubmission,
  JobUseCases,
} from './types.js';
export { createJobUseCases } from './use-cases.js';
