import type { InferRequest, Signature } from '../../core/index.js';
import type { DecodedInfer } from '../oip/decode-infer.js';
import type { DecodedModelInfer } from '../oip/grpc/decode-infer.js';
import type { WireRequest } from '../wire.js';

/** A request that is decoded outside the event loop: what the decoders of the three kinds of request take. */
export type DecodeJob =
  | {
      readonly kind: 'infer';
      readonly wire: WireRequest;
      readonly maxInputs: number;
    }
  | {
      readonly kind: 'generate';
      readonly wire: WireRequest;
      readonly signature: Signature;
    }
  | { readonly kind: 'grpc'; readonly message: Uint8Array; readonly maxInputs: number };

/** What each kind of job gives. */
export interface DecodeResults {
  readonly infer: DecodedInfer;
  readonly generate: InferRequest;
  readonly grpc: DecodedModelInfer;
}

export type JobOf<Kind extends DecodeJob['kind']> = Extract<DecodeJob, { readonly kind: Kind }>;

/** What the thread answers to a job. */
export type DecodeReply =
  | { readonly result: DecodeResults[DecodeJob['kind']] }
  | { readonly error: Readonly<Record<'code' | 'message', string>> }
  /** A fault of the decoder, with its stack. */
  | { readonly fault: unknown };
