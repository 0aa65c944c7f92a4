/** Room `service` (rank 8): the product's use cases, as protocols see them. No bytes, status codes, SQL or vendors. */

export {
  type AccessQuestion,
  type AccessUseCases,
  type CountedQuota,
  checkKeyWish,
  type ExplainedAccess,
  type KeyParts,
  type KeyUseCases,
  type KeyWish,
  type ListedKey,
  type MadeKey,
  type QuotaUseCases,
  type UsageGauge,
  type UsageUseCases,
} from '../account/index.js';
export {
  type BatchesOptions,
  BatchesOptionsSchema,
  type BatchGauges,
  type BatchInfo,
  type BatchUseCases,
  type NewBatch,
} from '../batches/index.js';
export {
  type CompletedParts,
  type FileContent,
  type FileDetails,
  type FileGauges,
  type FileInfo,
  type FileListing,
  type FilePageInfo,
  type FilesOptions,
  FilesOptionsSchema,
  FileTooLarge,
  type FileUseCases,
  type PartInfo,
  UnknownFile,
  type UploadDetails,
  type UploadInfo,
} from '../files/index.js';
export type {
  InferenceListener,
  InferenceObserver,
  InferResult,
  InferTarget,
  ObservedInference,
  Resolved,
  ResolveOptions,
} from '../inference/index.js';
export {
  delivered,
  encodeJob,
  JobElsewhere,
  type JobGauges,
  JobGone,
  type JobInfo,
  type JobListing,
  type JobPage,
  type JobQueue,
  type JobResult,
  type JobSubmission,
  type JobsOptions,
  JobsOptionsSchema,
  type JobUseCases,
  KeyConflict,
  type LaterOutcome,
  type LaterRequest,
  ObjectBodies,
  type ShownWebhookSecret,
  type WebhookSecretInfo,
} from '../jobs/index.js';
export {
  type FormatUnknownModel,
  type KeptRepository,
  type LoadModelOptions,
  MediaOptionsSchema,
  type ModelReport,
  type ModelVersionReport,
  type ServedModel,
  UnknownLabelError,
  type VersionReport,
} from '../models/index.js';
export type { PayloadCounts, PayloadFilter, PayloadUseCases } from '../payload-log/index.js';
export { type AnswerRequest, checkObjectRules, type RanRequest } from '../stored-requests/index.js';
export {
  type ArmReport,
  type DeclaredRoute,
  type Effect,
  type Expected,
  type LabelOfModel,
  type LabelsOfModel,
  type LabelsRevision,
  type LabelUseCases,
  type OutcomeReport,
  type OutcomeUseCases,
  type PastRollout,
  type RolloutGauge,
  type RolloutOptions,
  type RolloutReport,
  RolloutsOptionsSchema,
  type RolloutUseCases,
  type RouteChange,
  type RouteRevision,
  type RouteUseCases,
  type ShadowUseCases,
  type SloGauge,
  type SloReport,
  type SloUseCases,
  StaleChange,
  type StandingRollout,
  type WrittenRollouts,
} from '../traffic/index.js';
export type { DoctorUseCases } from './doctor/doctor-use-cases.js';
export type { EventUseCases, FeedItem, RecordedEvent } from './events/types.js';
export {
  type ChangedSetting,
  joinReloads,
  NOTHING_RELOADED,
  type ReloadProblem,
  type ReloadResult,
} from './reload/reload-result.js';
export { ReloadFailed } from './reload/reload-use-cases.js';
export type { ChangeSettings } from './reload/settings-change.js';
export type { LiveSettings, LogControl, LogSettings, ReloadUseCases } from './reload/types.js';
export { type CreateServiceOptions, createService, type ServiceGauges, type ServiceLife } from './service.js';
export type { AuditUseCases, Exposition, ServerUseCases, Service } from './types.js';
