import { type Call, type Clock, MillraceError, systemClock, Turns } from '../../core/index.js';
import type { InferTarget, Service } from '../../service/index.js';
import { Decoder } from '../decoding/decoder.js';
import type { JobOf } from '../decoding/jobs.js';
import { type WireRequest, type WireResponse, withoutRawHeaders } from '../wire.js';
import { decodeInfer, isLargeJson } from './decode-infer.js';
import { DecodeMemo } from './decode-memo.js';
import { createInferEncoder } from './encode-infer.js';
import { parametersOfHeaders, withParameters } from './forward-headers.js';

export interface InferHandlerOptions {
  readonly service: Pick<Service, 'resolve' | 'infer'>;
  /** Most inputs of a request, and most outputs that it may name. */
  readonly maxInputs: number;
  /** Headers that become parameters of the request (see `parseForwardPattern`); undefined = none. */
  readonly forwardHeaders?: RegExp | undefined;
  /** For requests with much JSON. Default: one of its own. */
  readonly decoder?: Decoder;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** Answers a POST to an infer route. Rejects with MillraceError; see `encodeError`. */
export type InferHandler = (call: Call, target: InferTarget, wire: WireRequest) => Promise<WireResponse>;

const ONLY_ONE = { onlyOne: 'which HTTP infer cannot carry; use generate_stream or gRPC' };

/** The infer routes of the Open Inference Protocol with Triton's extensions: resolve, decode, infer, encode. */
export function createInferHandler(options: InferHandlerOptions): InferHandler {
  const { service, maxInputs, forwardHeaders, clock = systemClock, decoder = new Decoder(clock) } = options;
  const encode = createInferEncoder(new Turns(clock));
  const memo = new DecodeMemo();

  return async (call, target, wire) => {
    // Before the body is read: what it means may depend on the model, and nobody decodes for one that is not there.
    const resolving = service.resolve(call, target, ONLY_ONE);
    const resolved = resolving instanceof Promise ? await resolving : resolving;
    const signatureOf = () => resolved.info.signature;
    const isLarge = isLargeJson(wire);
    const known = isLarge ? undefined : memo.take(wire);
    const decoded =
      known?.decoded ??
      (isLarge
        ? await decoder.decode<'infer'>(call, toJob(wire, maxInputs), { owned: true })
        : decodeInfer(wire, { maxInputs, signatureOf }));
    const { binaryOutputs } = decoded;
    const request =
      forwardHeaders === undefined
        ? decoded.request
        : withParameters(decoded.request, parametersOfHeaders(forwardHeaders, wire.rawHeaders));
    call.timing.decodedAt = clock.now();
    const result = await service.infer(call, resolved, request);
    // Only cache hits: a model may keep the tensors of any other request.
    if (call.timing.cache === 'hit' && !isLarge) {
      if (known === undefined) memo.add(wire, decoded);
      else memo.put(known);
    }
    if (result.kind === 'many') throw new MillraceError('internal', 'asked for one answer, got several');
    const startedAt = clock.now();
    const encoding = encode(result.response, binaryOutputs);
    const response = encoding instanceof Promise ? await encoding : encoding;
    call.timing.encodeMs = clock.now() - startedAt;
    return response;
  };
}

function toJob(wire: WireRequest, maxInputs: number): JobOf<'infer'> {
  return { kind: 'infer', wire: withoutRawHeaders(wire), maxInputs };
}
