import { randomUUID } from 'node:crypto';
import {
  type Call,
  type InferRequest,
  type InferResponse,
  type InferTarget,
  invalidArgument,
  type SequenceControl,
  Turns,
} from '../../core/index.js';
import type { ServedModel } from '../../service/index.js';
import type { DialectContext } from '../dialect.js';
import { timedEncoding } from '../shared/answer-inference.js';
import { LARGE_BYTES, type WireHeaders, type WireRequest, type WireResponse, type WireStream } from '../wire.js';
import { PredictionDecoder } from './decode-prediction.js';
import { PredictionEncoder } from './encode-prediction.js';
import type { Part } from './multipart.js';

/** What is asked of a model. */
export interface Asked {
  readonly target: InferTarget;
  readonly parts: readonly Part[];
  /** The answer is wanted in pieces, as far as the model gives it so. */
  readonly stream: boolean;
  /** The sequence that it belongs to, if the model keeps any. */
  readonly sequence?: (info: ServedModel) => SequenceControl | undefined;
}

/** One answer, or the pieces of it. */
export type Predicted =
  | { readonly kind: 'one'; readonly answer: WireResponse; readonly sequence: SequenceControl | undefined }
  | { readonly kind: 'many'; readonly pieces: AsyncIterable<readonly Uint8Array[]> };

const TEXT_STREAM_HEADERS = { 'content-type': 'text/plain; charset=utf-8', 'x-accel-buffering': 'no' } as const;
const SEQUENCE_ID = 'ts_request_sequence_id';
const SEQUENCE_END = 'ts_request_sequence_end';
const MAX_SEQUENCE_ID_LENGTH = 128;

/** TorchServe's predictions, over HTTP and gRPC: resolve, decode, infer, encode. */
export class Predictions {
  readonly #context: Pick<DialectContext, 'service' | 'clock' | 'decoder' | 'maxInputs'>;
  readonly #decoder: PredictionDecoder;
  readonly #encoder: PredictionEncoder;

  constructor(context: Pick<DialectContext, 'service' | 'clock' | 'decoder' | 'maxInputs'>) {
    this.#context = context;
    this.#decoder = new PredictionDecoder(context);
    this.#encoder = new PredictionEncoder(new Turns(context.clock));
  }

  /** Rejects with MillraceError; the pieces do so as well. */
  async predict(call: Call, { target, parts, stream, sequence: sequenceOf }: Asked): Promise<Predicted> {
    const { service, clock } = this.#context;
    const onlyOne = stream ? {} : { onlyOne: 'which Predictions cannot carry; use StreamPredictions' };
    const resolved = await service.inference.resolve(call, target, { ...onlyOne, whole: !stream });
    const { info } = resolved;
    const { signature, tasks } = info;
    const generates = tasks?.generate !== undefined;
    const decoded = await this.#decoder.decode(call, parts, { name: target.name, signature, generates });
    const sequence = sequenceOf?.(info);
    const request: InferRequest = sequence === undefined ? decoded.request : { ...decoded.request, sequence };
    call.timing.decodedAt = clock.now();
    const result = await service.inference.infer(call, resolved, request);
    if (result.kind === 'many') return { kind: 'many', pieces: this.#pieces(result.responses) };
    const { response } = result;
    const answer = await timedEncoding({ clock }, call, () => this.#encoder.encode(decoded, response, signature));
    return { kind: 'one', answer, sequence };
  }

  /** Answers a request over HTTP: the pieces of a model that gives many as chunks. */
  async answer(call: Call, target: InferTarget, wire: WireRequest): Promise<WireResponse | WireStream> {
    const { service, maxInputs } = this.#context;
    // Reading a form costs something, so the right is checked first.
    if (wire.body.length > LARGE_BYTES) await service.inference.checkTarget(call, target);
    const parts = await this.#decoder.parts(call, wire, maxInputs);
    const sequence = (info: ServedModel) => (info.sequences ? sequenceIn(wire.headers) : undefined);
    const predicted = await this.predict(call, { target, parts, stream: true, sequence });
    if (predicted.kind === 'many') {
      return { status: 200, headers: TEXT_STREAM_HEADERS, stream: flatten(predicted.pieces) };
    }
    const { answer } = predicted;
    if (predicted.sequence === undefined) return answer;
    return { ...answer, headers: { ...answer.headers, [SEQUENCE_ID]: String(predicted.sequence.id) } };
  }

  async *#pieces(responses: AsyncIterable<InferResponse>): AsyncGenerator<readonly Uint8Array[]> {
    for await (const response of responses) {
      if (response.error !== undefined) throw response.error;
      yield await this.#encoder.encodePiece(response);
    }
  }
}

/** A request without an id begins a sequence, and its answer tells the id. Throws `invalid_argument` for a long one. */
function sequenceIn(headers: WireHeaders): SequenceControl {
  const given = headers[SEQUENCE_ID];
  const end = String(headers[SEQUENCE_END] ?? '').toLowerCase() === 'true';
  if (typeof given !== 'string' || given === '') return { id: `ts-seq-${randomUUID()}`, start: true, end };
  if (given.length > MAX_SEQUENCE_ID_LENGTH) {
    throw invalidArgument(`the header '${SEQUENCE_ID}': expected at most ${MAX_SEQUENCE_ID_LENGTH} characters`);
  }
  return { id: given, start: false, end };
}

async function* flatten(pieces: AsyncIterable<readonly Uint8Array[]>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield* piece;
}
