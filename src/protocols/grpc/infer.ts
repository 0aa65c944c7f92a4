import { type Call, type Clock, MillraceError, systemClock } from '../../core/index.js';
import type { Service } from '../../service/index.js';
import { parametersOfMetadata, withParameters } from '../forward-headers.js';
import { decodeModelInfer } from './decode-infer.js';
import { createInferEncoder } from './encode-infer.js';
import type { UnaryMethod } from './method.js';

export interface GrpcInferOptions {
  readonly service: Pick<Service, 'infer'>;
  /** Most inputs of a request, and most outputs that it may name. */
  readonly maxInputs: number;
  /** Metadata that becomes parameters of the request (see `parseForwardPattern`); undefined = none. */
  readonly forwardHeaders?: RegExp | undefined;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** ModelInfer: decode, `service.infer`, encode. */
export function createInferHandler(options: GrpcInferOptions): UnaryMethod['handle'] {
  const { service, forwardHeaders, clock = systemClock } = options;
  const encoder = createInferEncoder();
  return async (call: Call, message, metadata) => {
    const decoded = decodeModelInfer(message, options).request;
    const request =
      forwardHeaders === undefined ? decoded : withParameters(decoded, parametersOfMetadata(forwardHeaders, metadata));
    call.timing.decodedAt = clock.now();
    const result = await service.infer(call, request);
    if (result.kind === 'many') {
      const refusal = new MillraceError(
        'unimplemented',
        `model '${request.modelName}' may give several answers, which ModelInfer cannot carry; use ModelStreamInfer`,
      );
      call.cancel(refusal);
      throw refusal;
    }
    const startedAt = clock.now();
    const answer = encoder.response(result.response);
    call.timing.encodeMs = clock.now() - startedAt;
    return answer;
  };
}
