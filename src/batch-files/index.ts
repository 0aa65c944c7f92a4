/**
 * Room `batch-files` (rank 10): rows of files through a model. Readers and writers of JSONL, CSV, Parquet and folders of media; which columns are
 * which tensors; runs that go on from their last checkpoint. Where a request is answered, the caller says.
 */
export { formatOfName, type OpenInput, openInput } from './formats.js';
export { type Pairing, parsePairing } from './mapping/map-flags.js';
export { columnsOf, type InputPlan } from './mapping/plan-inputs.js';
export type { OutputColumn } from './mapping/plan-outputs.js';
export { type BatchPlan, formatPlan, type PlanQuestion, planBatchFile } from './plan.js';
export { answerRemotely } from './remote/answer-remotely.js';
export type { BatchService, RemoteBatch, RemoteProgress } from './remote/service.js';
export { type DryRunResult, dryRun } from './running/dry-run.js';
export { type Identity, identifyInput } from './running/identity.js';
export { type Counts, type ErrorLimit, failedRows, type RunProgress } from './running/progress.js';
export { type RunOptions, type RunResult, runBatchFile } from './running/run.js';
export { hasState, RunState } from './running/run-state.js';
export type { Answer, AnswerBatch, Batch, BatchModel, FailureKind, OutputFormat } from './types.js';
