import { type Call, type Clock, systemClock } from '../../../core/index.js';
import type { Service } from '../../../service/index.js';
import { answerInference } from '../../shared/answer-inference.js';
import { Decoder } from '../../shared/decoding/decoder.js';
import type { UnaryMethod } from '../../shared/grpc/method.js';
import { parametersOfMetadata, withParameters } from '../forward-headers.js';
import { DECODE_MODEL_INFER } from '../large-requests.js';
import { decodeModelInfer, isLargeMessage } from './decode-infer.js';
import { createInferEncoder } from './encode-infer.js';

export interface GrpcInferOptions {
  readonly service: Pick<Service, 'inference'>;
  /** Most inputs of a request, and most outputs that it may name. */
  readonly maxInputs: number;
  /** Metadata that becomes parameters of the request (see `parseForwardPattern`); undefined = none. */
  readonly forwardHeaders?: RegExp | undefined;
  /** For messages that take long to decode. Default: one of its own. */
  readonly decoder?: Decoder;
  /** Default: the system's. */
  readonly clock?: Clock;
}

const ONLY_ONE = { onlyOne: 'which ModelInfer cannot carry; use ModelStreamInfer', whole: true };

/** ModelInfer: decode, resolve, infer, encode. */
export function createInferHandler(options: GrpcInferOptions): UnaryMethod['handle'] {
  const { service, maxInputs, forwardHeaders, clock = systemClock, decoder = new Decoder(clock) } = options;
  const encoder = createInferEncoder();
  return async (call: Call, message, metadata) => {
    const { target, request: decoded } = isLargeMessage(message)
      ? await decoder.decodeMessage(call, DECODE_MODEL_INFER, { message, maxInputs })
      : decodeModelInfer(message, options);
    const request =
      forwardHeaders === undefined ? decoded : withParameters(decoded, parametersOfMetadata(forwardHeaders, metadata));
    return answerInference({ service, clock }, call, {
      target,
      options: ONLY_ONE,
      decode: () => request,
      encode: (response) => encoder.response(response),
    });
  };
}
