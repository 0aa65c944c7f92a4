import { type Call, type Clock, MillraceError, systemClock } from '../../core/index.js';
import type { Service } from '../../service/index.js';
import { parametersOfHeaders, withParameters } from '../forward-headers.js';
import type { WireRequest, WireResponse } from '../wire.js';
import { decodeInfer, type InferTarget } from './decode-infer.js';
import { DecodeMemo } from './decode-memo.js';
import { createInferEncoder } from './encode-infer.js';

export interface InferHandlerOptions {
  readonly service: Pick<Service, 'infer' | 'modelInfo'>;
  /** Most inputs of a request, and most outputs that it may name. */
  readonly maxInputs: number;
  /** Headers that become parameters of the request (see `parseForwardPattern`); undefined = none. */
  readonly forwardHeaders?: RegExp | undefined;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** Answers a POST to an infer route. Rejects with MillraceError; see `encodeError`. */
export type InferHandler = (call: Call, target: InferTarget, wire: WireRequest) => Promise<WireResponse>;

/** The infer routes of the Open Inference Protocol with Triton's extensions: decode, `service.infer`, encode. */
export function createInferHandler(options: InferHandlerOptions): InferHandler {
  const { service, maxInputs, forwardHeaders, clock = systemClock } = options;
  const encode = createInferEncoder();
  const memo = new DecodeMemo();
  return async (call, target, wire) => {
    const known = memo.take(wire, target);
    const decoded =
      known?.decoded ??
      decodeInfer(wire, target, {
        maxInputs,
        signatureOf: ({ name, version }) => service.modelInfo(call, name, version).info.signature,
      });
    const { binaryOutputs } = decoded;
    const request =
      forwardHeaders === undefined
        ? decoded.request
        : withParameters(decoded.request, parametersOfHeaders(forwardHeaders, wire.rawHeaders));
    call.timing.decodedAt = clock.now();
    const result = await service.infer(call, request);
    // Otherwise a model has got its tensors.
    if (call.timing.cache === 'hit') {
      if (known === undefined) memo.add(wire, target, decoded);
      else memo.put(known);
    }
    if (result.kind === 'many') {
      const refusal = new MillraceError(
        'unimplemented',
        `model '${target.name}' may give several answers, which HTTP infer cannot carry; use generate_stream or gRPC`,
      );
      call.cancel(refusal);
      throw refusal;
    }
    const startedAt = clock.now();
    const response = encode(result.response, binaryOutputs);
    call.timing.encodeMs = clock.now() - startedAt;
    return response;
  };
}
