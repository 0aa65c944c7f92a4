import type { Call } from '../../../core/index.js';
import { LARGE_BYTES } from '../../wire.js';
import type { Decoder } from '../decoding/decoder.js';
import type { DecodeFunction } from '../decoding/jobs.js';
import { type DecodedInstances, type DecodeInstancesOptions, decodeInstances } from './decode.js';

export interface InstancesJob {
  readonly body: Uint8Array;
  readonly options: DecodeInstancesOptions;
}

const DECODE_INSTANCES: DecodeFunction<InstancesJob, DecodedInstances> = {
  module: new URL('./decoders.js', import.meta.url).href,
  name: 'instances',
};

/** {@link decodeInstances} where it holds up nobody: a large body is moved to the decoder's thread and gone afterwards. */
export function readInstances(
  decoder: Pick<Decoder, 'decode'>,
  call: Call,
  job: InstancesJob,
): DecodedInstances | Promise<DecodedInstances> {
  const { body, options } = job;
  if (body.length <= LARGE_BYTES) return decodeInstances(body, options);
  return decoder.decode(call, DECODE_INSTANCES, { input: job, moves: [body] });
}
