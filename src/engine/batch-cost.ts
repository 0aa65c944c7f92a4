import type { CostUnit } from '../runtimes/index.js';
import type { CheckedRequest } from './check-request.js';

/** Bytes of text that make about one token, where nobody has counted: few, so that batches come out too small at worst. */
const BYTES_PER_TOKEN = 3;

/** What a request costs in a batch: what its preparer says, or its bytes, or the tokens that these make by estimate. */
export function batchCost(
  { sizeBytes, prepared }: Pick<CheckedRequest, 'sizeBytes' | 'prepared'>,
  unit: CostUnit,
): number {
  if (prepared !== undefined) return prepared.cost;
  switch (unit) {
    case 'bytes':
      return sizeBytes;
    case 'tokens':
      return Math.ceil(sizeBytes / BYTES_PER_TOKEN);
    default:
      return unit satisfies never;
  }
}
