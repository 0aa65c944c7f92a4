import { type Call, type Clock, type InferRequest, systemClock, Turns } from '../../core/index.js';
import type { InferTarget, Service } from '../../service/index.js';
import type { DialectContext } from '../dialect.js';
import { type KnownRequest, RequestMemo } from '../request-memo.js';
import { answerInference } from '../shared/answer-inference.js';
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

  return (call, target, wire) => {
    const { ownerId } = call.principal;
    let known: KnownRequest<DecodedInfer> | undefined;
    let isRepeatable = false;
    let decoded: DecodedInfer;
    const forwarded = (found: DecodedInfer): InferRequest => {
      decoded = found;
      return forward(found.request, wire.rawHeaders);
    };
    return answerInference({ service, clock }, call, {
      target,
      options: ONLY_ONE,
      decode(resolved) {
        const isWhole = hasNoBinary(wire);
        const media = isWhole ? decodeMediaBody(wire, resolved) : undefined;
        if (media !== undefined) return forwarded({ request: media, binaryOutputs: NO_BINARY });
        if (isLargeJson(wire)) {
          const input = { wire: withoutRawHeaders(wire), maxInputs };
          return decoder.decode(call, DECODE_INFER, { input, moves: [wire.body] }).then(forwarded);
        }
        isRepeatable = isWhole;
        known = isRepeatable ? memo.take(wire, ownerId) : undefined;
        return forwarded(
          known?.meaning ?? decodeInfer(wire, { maxInputs, signatureOf: () => resolved.info.signature }),
        );
      },
      encode(response, timing) {
        // Only cache hits: a model may keep the tensors of any other request.
        if (timing.cache === 'hit' && isRepeatable) {
          if (known === undefined) memo.add(wire, { ownerId, meaning: decoded });
          else memo.put(known);
        }
        return encode(response, decoded.binaryOutputs);
      },
    });
  };
}

/** No binary data follows JSON: the body is a whole, and what it means as JSON depends on nothing but its bytes. */
function hasNoBinary({ headers }: WireRequest): boolean {
  return headers['inference-header-content-length'] === undefined;
}
