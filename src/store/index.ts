/** Room `store` (rank 2): what outlives the server, behind interfaces named by meaning; `sqlite` keeps it in a file. */

export type {
  BatchCheckpoint,
  BatchCounts,
  BatchObjects,
  BatchProblem,
  BatchRecord,
  BatchRecords,
  BatchState,
  BatchTimes,
  BatchUsage,
  NumberedBatch,
} from './batches.js';
export { type Conflict, RevisionConflict, StoreInUse } from './errors.js';
export type {
  ContentWriter,
  FileContents,
  FilePage,
  FileRecord,
  FileRecords,
  FileRemoval,
  NewFile,
  NewUpload,
  PrunedFiles,
  ReleasedBytes,
  UploadPart,
  UploadRecord,
  UploadRecords,
  UploadState,
} from './files.js';
export { StoreFollower } from './follow-store.js';
export {
  type ChangedJob,
  type ChangedJobs,
  type ClaimedJob,
  type IdempotencyKey,
  JOB_STATES,
  type JobAnswerHead,
  type JobFilter,
  type JobLane,
  type JobObjects,
  type JobPriority,
  type JobRecord,
  type JobRecords,
  type JobRequest,
  type JobState,
  type JobTotals,
  type JobTransition,
  type LaneTotals,
  type NewJob,
  type OwnerTotals,
  type Submission,
} from './jobs.js';
export { type StoreOptions, StoreOptionsSchema } from './options.js';
export { pagesOfKeys } from './pages-of-keys.js';
export { type FileLock, lockFile } from './sqlite/file-lock.js';
export { openStore } from './sqlite/open-store.js';
export type {
  ArmOutcomes,
  ChangedBy,
  Declaration,
  DeclarationChange,
  DeclarationKind,
  Declarations,
  FoundAnswer,
  KeyGrant,
  KeyRecord,
  KeyRecords,
  KeyUse,
  NotedAnswer,
  OutcomeInput,
  OutcomeRecords,
  RolloutDecision,
  RolloutRecord,
  RolloutRecords,
  RolloutStep,
  Snapshots,
  Store,
  StoreInfo,
  StoreWatch,
  StoreWriter,
  WrittenKey,
  WrittenSince,
} from './types.js';
export {
  USAGE_COUNTS,
  type UsageBatch,
  type UsageCounts,
  type UsageGroupBy,
  type UsageIncrement,
  type UsageLabels,
  type UsageQuery,
  type UsageRecords,
  type UsageSum,
} from './usage.js';
export type { WebhookLane, WebhookRecords, WebhookTransition } from './webhook-records.js';
export { hostOfWebhook, type JobWebhook, type NewWebhook, type WebhookFormat } from './webhooks.js';
