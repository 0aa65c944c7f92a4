import type { InferRequest, Signature } from '../../core/index.js';
import type { DecodeFunction } from '../shared/decoding/jobs.js';
import type { WireRequest } from '../wire.js';
import type { DecodedInfer } from './decode-infer.js';
import type { DecodedModelInfer } from './grpc/decode-infer.js';

export interface InferJob {
  readonly wire: WireRequest;
  readonly maxInputs: number;
}

export interface GenerateJob {
  readonly wire: WireRequest;
  readonly signature: Signature;
}

export interface ModelInferJob {
  readonly message: Uint8Array;
  readonly maxInputs: number;
}

const module = new URL('./decoders.js', import.meta.url).href;

/** Decoders of requests that would hold up the event loop, in `decoders.ts`. */
export const DECODE_INFER: DecodeFunction<InferJob, DecodedInfer> = { module, name: 'infer' };
export const DECODE_GENERATE: DecodeFunction<GenerateJob, InferRequest> = { module, name: 'generate' };
export const DECODE_MODEL_INFER: DecodeFunction<ModelInferJob, DecodedModelInfer> = { module, name: 'modelInfer' };
