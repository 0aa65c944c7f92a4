import type { Call, Signature, Tensor } from '../../core/index.js';
import type { Decoder } from '../decoding/decoder.js';
import type { DecodeFunction } from '../decoding/jobs.js';
import { ownedData } from '../decoding/owned.js';
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
const DECODE_PREDICT: DecodeFunction<PredictJob, DecodedPredict> = { module, name: 'predict' };
export const DECODE_EXAMPLES: DecodeFunction<ExamplesJob, DecodedExamples> = { module, name: 'examples' };
const DECODE_INPUT: DecodeFunction<InputJob, readonly Tensor[]> = { module, name: 'input' };

/** Decodes a large message of Predict in the thread. It is gone afterwards. Rejects as `Decoder.decode`. */
export function decodePredictInThread(decoder: Decoder, call: Call, job: PredictJob): Promise<DecodedPredict> {
  const message = ownedData(job.message);
  return decoder.decode(call, DECODE_PREDICT, { input: { ...job, message }, moves: [message] });
}

/** The same for the inputs of Classify, Regress and MultiInference. */
export function decodeInputInThread(decoder: Decoder, call: Call, job: InputJob): Promise<readonly Tensor[]> {
  const message = ownedData(job.message);
  return decoder.decode(call, DECODE_INPUT, { input: { ...job, message }, moves: [message] });
}
