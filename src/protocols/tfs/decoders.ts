/** What the decoding thread runs for this dialect; see {@link DecodeFunction}. */
import type { Tensor } from '../../core/index.js';
import type { Decoded } from '../shared/decoding/jobs.js';
import { type DecodedExamples, decodeExamples } from './examples/read-json.js';
import { decodeInput } from './examples/read-proto.js';
import { type DecodedPredict, decodePredict } from './grpc/decode-predict.js';
import type { ExamplesJob, InputJob, PredictJob } from './large-requests.js';

export function predict({ message, maxInputs }: PredictJob): Decoded<DecodedPredict> {
  const result = decodePredict(message, { maxInputs });
  return { result, tensors: result.request.inputs };
}

export function examples({ body, signature }: ExamplesJob): Decoded<DecodedExamples> {
  const result = decodeExamples(body, signature);
  return { result, tensors: result.inputs };
}

export function input({ message, signature }: InputJob): Decoded<readonly Tensor[]> {
  const result = decodeInput(message, signature);
  return { result, tensors: result };
}
