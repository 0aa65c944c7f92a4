/** What the decoding thread runs for events of this dialect; see {@link DecodeFunction}. */
import type { Decoded } from '../decoding/jobs.js';
import { type DecodedInstances, decodeInstances } from '../instances/decode.js';
import type { InstancesJob } from '../instances/read.js';
import { readEventData } from './cloud-event.js';

export function event({ body, options }: InstancesJob): Decoded<DecodedInstances> {
  const result = decodeInstances(readEventData(body), options);
  return { result, tensors: result.inputs };
}
