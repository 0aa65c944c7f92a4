/** Room `batches` (rank 7): requests of a file, run for their owner and answered into files: validation, turns, checkpoints. */

export { Batches, type BatchesSetup } from './batches.js';
export { type BatchesOptions, BatchesOptionsSchema } from './options.js';
export type { BatchGauges, BatchInfo, BatchListing, BatchPage, BatchUseCases, NewBatch } from './types.js';
export { type BatchUseCasesSetup, createBatchUseCases } from './use-cases.js';
