/** What the decoding thread runs for rows; see {@link DecodeFunction}. */
import type { Decoded } from '../decoding/jobs.js';
import type { DecodedInstances } from '../instances/decode.js';
import { decodeRows, type RowsJob } from './decode-rows.js';

export function rows(job: RowsJob): Decoded<DecodedInstances> {
  const result = decodeRows(job);
  return { result, tensors: result.inputs };
}
