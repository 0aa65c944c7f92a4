/** What the decoding thread runs for this dialect; see {@link DecodeFunction}. */
import { type InferRequest, MillraceError } from '../../core/index.js';
import type { Decoded } from '../shared/decoding/jobs.js';
import { checkTexts } from './check-texts.js';
import { type DecodedInfer, decodeInfer } from './decode-infer.js';
import { decodeGenerate } from './generate-decode.js';
import { type DecodedModelInfer, decodeModelInfer } from './grpc/decode-infer.js';
import type { GenerateJob, InferJob, ModelInferJob } from './large-requests.js';

export function infer({ wire, maxInputs }: InferJob): Decoded<DecodedInfer> {
  const result = decodeInfer(wire, { maxInputs, signatureOf: refuseRaw });
  checkTexts(result.request);
  return { result, tensors: result.request.inputs };
}

export function generate({ wire, signature }: GenerateJob): Decoded<InferRequest> {
  const result = decodeGenerate(wire, signature);
  checkTexts(result);
  return { result, tensors: result.inputs };
}

export function modelInfer({ message, maxInputs }: ModelInferJob): Decoded<DecodedModelInfer> {
  const result = decodeModelInfer(message, { maxInputs });
  checkTexts(result.request);
  return { result, tensors: result.request.inputs };
}

/** Raw binary requests have no text to decode. */
function refuseRaw(): never {
  throw new MillraceError('internal', 'raw binary requests are not decoded here');
}
