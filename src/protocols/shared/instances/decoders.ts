/** What the decoding thread runs for requests in TensorFlow Serving's JSON; see {@link DecodeFunction}. */
import type { Decoded } from '../decoding/jobs.js';
import { type DecodedInstances, decodeInstances } from './decode.js';
import type { InstancesJob } from './read.js';

export function instances({ body, options }: InstancesJob): Decoded<DecodedInstances> {
  const result = decodeInstances(body, options);
  return { result, tensors: result.inputs };
}
