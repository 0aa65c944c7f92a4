/** Room `jobs` (rank 7): requests that are stored, run later for their callers, and answered then. */

export type { ShownWebhookSecret, WebhookSecretInfo } from '../webhooks/index.js';
export { delivered } from './delivery.js';
export { encodeJob } from './encode-job.js';
export { JobElsewhere, JobGone, KeyConflict } from './errors.js';
export { Jobs, type JobsSetup } from './jobs.js';
export { ObjectBodies } from './object-bodies.js';
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
  LaterOutcome,
  LaterRequest,
} from './types.js';
export { createJobUseCases } from './use-cases.js';
