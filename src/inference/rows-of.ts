import type { InferRequest } from '../core/index.js';
import type { ModelInfo } from '../engine/index.js';

/** Rows of a request: 1 where its model takes no batches. */
export function rowsOf(request: InferRequest | undefined, { maxBatchSize }: Pick<ModelInfo, 'maxBatchSize'>): number {
  return maxBatchSize > 0 ? (request?.inputs[0]?.shape[0] ?? 1) : 1;
}
