import { addBatch, getBatch, listBatches, openBatches, pruneBatches, putBatch } from './batches.js';
import { changeDeclarations, currentDeclarations, declarationHistory, declarationsSince } from './declarations.js';
import { addFile, fileTotals, getFile, listFiles, pruneFiles, removeFile, unusedContents } from './files.js';
import { notedPosition, own, watch } from './following.js';
import { answerOfJob, getJob, jobTotals, listJobs, nextDueJob, runningJobs } from './job-lists.js';
import { expireJobs, pruneJobs, removeJob, truncateLog, unusedBodies } from './job-removal.js';
import { nextWebhooks, redeliverWebhook, settleWebhook, webhookLanes } from './job-webhooks.js';
import { changeJob, claimJobs, earlierJob, submitJob } from './jobs.js';
import { createKey, keysSince, listKeys, noteKeyUses, pageOfKeys, updateKey } from './keys.js';
import type { Operation } from './operation.js';
import { expireAnswers, findAnswer, joinOutcome, noteAnswers, outcomesOfRoute } from './outcomes.js';
import { beginRollout, decideRollout, openRollouts, rolloutDecisions, rolloutsOfModel } from './rollouts.js';
import { getSnapshot, putSnapshot, removeSnapshot } from './snapshots.js';
import {
  addUploadPart,
  cancelUpload,
  completeUpload,
  createUpload,
  getUpload,
  pruneUploads,
  uploadParts,
} from './uploads.js';
import { addUsage, pruneUsage, sumUsage } from './usage.js';
import { backup, info } from './whole-file.js';

/** All that runs on the tables, by the names by which the thread is asked for it. */
export const OPERATIONS = {
  currentDeclarations,
  changeDeclarations,
  declarationsSince,
  declarationHistory,
  openRollouts,
  beginRollout,
  decideRollout,
  rolloutsOfModel,
  rolloutDecisions,
  noteAnswers,
  findAnswer,
  joinOutcome,
  expireAnswers,
  outcomesOfRoute,
  getSnapshot,
  putSnapshot,
  removeSnapshot,
  pageOfKeys,
  listKeys,
  keysSince,
  createKey,
  updateKey,
  noteKeyUses,
  addUsage,
  sumUsage,
  pruneUsage,
  submitJob,
  earlierJob,
  claimJobs,
  changeJob,
  getJob,
  listJobs,
  runningJobs,
  answerOfJob,
  jobTotals,
  nextDueJob,
  expireJobs,
  pruneJobs,
  removeJob,
  unusedBodies,
  truncateLog,
  webhookLanes,
  nextWebhooks,
  settleWebhook,
  redeliverWebhook,
  addFile,
  getFile,
  listFiles,
  removeFile,
  pruneFiles,
  fileTotals,
  unusedContents,
  createUpload,
  getUpload,
  addUploadPart,
  uploadParts,
  completeUpload,
  cancelUpload,
  pruneUploads,
  addBatch,
  getBatch,
  listBatches,
  openBatches,
  putBatch,
  pruneBatches,
  own,
  watch,
  notedPosition,
  backup,
  info,
};

export type OperationName = keyof typeof OPERATIONS;
export type InputOf<Name extends OperationName> =
  (typeof OPERATIONS)[Name] extends Operation<infer Input, unknown> ? Input : never;
export type OutputOf<Name extends OperationName> =
  (typeof OPERATIONS)[Name] extends Operation<never, infer Output> ? Output : never;
