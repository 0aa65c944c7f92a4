import type { Signature, Tensor } from '../../core/index.js';
import type { DecodeFunction } from '../shared/decoding/jobs.js';
import type { DecodedExamples } from './examples/read-json.js';
import type { DecodedPredict } from './grpc/decode-predict.js';

export interface PredictJob {
  readonly message: Uint8Array;
  readonly maxInputs: number;
}

export interface ExamplesJob {
  readonly body: Uint8Array;
  readonly signature: Signature;
}

export interface InputJob {
  readonly message: Uint8Array;
  readonly signature: Signature;
}

const module = new URL('./decoders.js', import.meta.url).href;

/** Decoders of requests that would hold up the event loop, in `decoders.ts`. */
export const DECODE_PREDICT: DecodeFunction<PredictJob, DecodedPredict> = { module, name: 'predict' };
export const DECODE_EXAMPLES: DecodeFunction<ExamplesJob, DecodedExamples> = { module, name: 'examples' };
export const DECODE_INPUT: DecodeFunction<InputJob, readonly Tensor[]> = { module, name: 'input' };
