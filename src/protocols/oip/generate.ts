import {
  type Call,
  type Clock,
  type InferRequest,
  type InferResponse,
  invalidArgument,
  MillraceError,
  type Signature,
  systemClock,
  Turns,
} from '../../core/index.js';
import type { InferResult, InferTarget, Service } from '../../service/index.js';
import { timedEncoding } from '../shared/answer-inference.js';
import { Decoder } from '../shared/decoding/decoder.js';
import {
  LARGE_BYTES,
  piecesOf,
  type WireRequest,
  type WireResponse,
  type WireStream,
  withoutRawHeaders,
} from '../wire.js';
import { createForwarding } from './forward-headers.js';
import { decodeGenerate } from './generate-decode.js';
import { createGenerateEncoder, encodeErrorEvent, type GenerateEncoder } from './generate-encode.js';
import { DECODE_GENERATE } from './large-requests.js';

/** The model that the path names, and whether its answers are to come as events. */
export interface GenerateTarget extends InferTarget {
  readonly stream: boolean;
}

/** Answers a POST to a generate route. Rejects with MillraceError; so does a stream before its first piece. */
export type GenerateHandler = (
  call: Call,
  target: GenerateTarget,
  wire: WireRequest,
) => Promise<WireResponse | WireStream>;

const JSON_HEADERS = { 'content-type': 'application/json' };
const EVENT_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  // nginx would hold events back until it has a buffer full of them.
  'x-accel-buffering': 'no',
};

/** Triton's generate routes: `service.inference.infer` with plain JSON on both sides, for models that speak text above all. */
export function createGenerateHandler(options: {
  readonly service: Pick<Service, 'inference'>;
  /** Headers that become parameters of the request; undefined = none. */
  readonly forwardHeaders?: RegExp | undefined;
  /** For large requests. Default: one of its own. */
  readonly decoder?: Decoder;
  /** Default: the system's. */
  readonly clock?: Clock;
}): GenerateHandler {
  const { service, clock = systemClock, decoder = new Decoder(clock) } = options;
  const encoder = createGenerateEncoder(new Turns(clock));
  const forward = createForwarding(options);

  function decode(
    call: Call,
    { wire, signature }: { wire: WireRequest; signature: Signature },
  ): InferRequest | Promise<InferRequest> {
    if (wire.body.length <= LARGE_BYTES) return decodeGenerate(wire, signature);
    const input = { wire: withoutRawHeaders(wire), signature };
    return decoder.decode(call, DECODE_GENERATE, { input, moves: [wire.body] });
  }

  return async (call, target, wire) => {
    const resolved = await service.inference.resolve(call, target, { whole: !target.stream });
    const decoded = await decode(call, { wire, signature: resolved.info.signature });
    const request = forward(decoded, wire.rawHeaders);
    call.timing.decodedAt = clock.now();
    const result = await service.inference.infer(call, resolved, request);
    if (target.stream) return { status: 200, headers: EVENT_HEADERS, stream: events(result, encoder) };
    const response = result.kind === 'one' ? result.response : await takeOnly(target.name, result.responses);
    const body = await timedEncoding({ clock }, call, () => encoder.json(response));
    return { status: 200, headers: JSON_HEADERS, body };
  };
}

/** Ends with an event that tells of an error, unless that is the first thing that happens. */
async function* events(result: InferResult, encoder: GenerateEncoder): WireStream['stream'] {
  if (result.kind === 'one') {
    yield* piecesOf(await encoder.event(result.response));
    return;
  }
  let begun = false;
  try {
    for await (const response of result.responses) {
      if (!begun && response.error !== undefined) throw response.error;
      yield* piecesOf(await encoder.event(response));
      begun = true;
    }
  } catch (error) {
    if (!begun || !(error instanceof MillraceError)) throw error;
    yield encodeErrorEvent(error);
  }
}

/** The answer of a model that could give any number of them. Leaving the loop early cancels the call. */
async function takeOnly(name: string, responses: AsyncIterable<InferResponse>): Promise<InferResponse> {
  let only: InferResponse | undefined;
  for await (const response of responses) {
    if (response.error !== undefined) throw response.error;
    if (only !== undefined) throw notOne(name, 'several answers');
    only = response;
  }
  if (only === undefined) throw notOne(name, 'no answer');
  return only;
}

function notOne(name: string, got: string): MillraceError {
  return invalidArgument(`model '${name}' gave ${got}, and generate carries exactly one; use generate_stream`);
}
