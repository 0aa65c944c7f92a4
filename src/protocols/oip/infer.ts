import { type Call, type Clock, MillraceError, systemClock, Turns } from '../../core/index.js';
import type { InferTarget, Service } from '../../service/index.js';
import type { DialectContext } from '../dialect.js';
import { RequestMemo } from '../request-memo.js';
import { Decoder } from '../shared/decoding/decoder.js';
import { decodeMediaBody } from '../shared/media/decode-media.js';
import { type WireRequest, type WireResponse, withoutRawHeaders } from '../wire.js';
import { type DecodedInfer, decodeInfer, isLargeJson } from './decode-infer.js';
import { type BinaryOutputs, createInferEncoder } from './encode-infer.js';
import { createForwarding } from './forward-headers.js';
import { DECODE_INFER } from './large-requests.js';

export interface InferHandlerOptions {
  readonly service: Pick<Service, 'inference'>;
  /** Most inputs of a request, and most outputs that it may name. */
  readonly maxInputs: number;
  /** Headers that become parameters of the request (see `parseForwardPattern`); undefined = none. */
  readonly forwardHeaders?: RegExp | undefined;
  /** For requests with much JSON. Default: one of its own. */
  readonly decoder?: Decoder;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Where it keeps what repeated requests meant. Default: in memory of its own. */
  readonly createMemo?: DialectContext['createMemo'];
}

/** Answers a POST to an infer route. Rejects with MillraceError; see `encodeError`. */
export type InferHandler = (call: Call, target: InferTarget, wire: WireRequest) => Promise<WireResponse>;

const NO_BINARY: BinaryOutputs = new Set();
const ONLY_ONE = { onlyOne: 'which HTTP infer cannot carry; use generate_stream or gRPC', whole: true };

/** The infer routes of the Open Inference Protocol with Triton's extensions: resolve, decode, infer, encode. */
export function createInferHandler(options: InferHandlerOptions): InferHandler {
  const { service, maxInputs, clock = systemClock, decoder = new Decoder(clock) } = options;
  const encode = createInferEncoder(new Turns(clock));
  const forward = createForwarding(options);
  const { createMemo = () => new RequestMemo() } = options;
  const memo: RequestMemo<DecodedInfer> = createMemo();

  return async (call, target, wire) => {
    // Before the body is read: what it means may depend on the model, and nobody decodes for one that is not there.
    const resolving = service.inference.resolve(call, target, ONLY_ONE);
    const resolved = resolving instanceof Promise ? await resolving : resolving;
    const signatureOf = () => resolved.info.signature;
    const isWhole = hasNoBinary(wire);
    const media = isWhole ? decodeMediaBody(wire, resolved) : undefined;
    const isLarge = media === undefined && isLargeJson(wire);
    const isRepeatable = isWhole && media === undefined && !isLarge;
    const { ownerId } = call.principal;
    const known = isRepeatable ? memo.take(wire, ownerId) : undefined;
    const decoded =
      (media && { request: media, binaryOutputs: NO_BINARY }) ??
      known?.meaning ??
      (isLarge
        ? await decoder.decode(call, DECODE_INFER, {
            input: { wire: withoutRawHeaders(wire), maxInputs },
            moves: [wire.body],
          })
        : decodeInfer(wire, { maxInputs, signatureOf }));
    const { binaryOutputs } = decoded;
    const request = forward(decoded.request, wire.rawHeaders);
    call.timing.decodedAt = clock.now();
    const result = await service.inference.infer(call, resolved, request);
    // Only cache hits: a model may keep the tensors of any other request.
    if (call.timing.cache === 'hit' && isRepeatable) {
      if (known === undefined) memo.add(wire, { ownerId, meaning: decoded });
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

/** No binary data follows JSON: the body is a whole, and what it means as JSON depends on nothing but its bytes. */
function hasNoBinary({ headers }: WireRequest): boolean {
  return headers['inference-header-content-length'] === undefined;
}
