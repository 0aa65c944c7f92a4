import { invalidArgument, type SequenceControl, toMillraceError } from '../../../core/index.js';
import type { GrpcStream, GrpcStreamHandler } from '../../shared/grpc/method.js';
import { piecesOf } from '../encode-prediction.js';
import type { Part } from '../multipart.js';
import { type PredictionMethods, targetOf } from './prediction-methods.js';
import { encodeFailure, encodePrediction } from './prediction-response.js';
import type { PredictionsRequest } from './predictions-request.js';

/** Sequences that one stream may have open. */
const MAX_SEQUENCES = 256;
/** Inputs that say where a sequence begins and ends. */
const START = 'ts_request_sequence_start';
const END = 'ts_request_sequence_end';

/** `StreamPredictions2`: requests one after the other, of sequences where the model keeps them; errors are among the answers. */
export class StreamPredictions2 implements GrpcStreamHandler {
  readonly #stream: GrpcStream;
  readonly #methods: PredictionMethods;
  readonly #sequences = new Set<string>();
  #busy = false;
  #halfClosed = false;

  constructor(stream: GrpcStream, methods: PredictionMethods) {
    this.#stream = stream;
    this.#methods = methods;
  }

  async onMessage(message: Uint8Array): Promise<void> {
    this.#busy = true;
    await this.#answer(message);
    this.#busy = false;
    if (this.#halfClosed) this.#stream.end();
  }

  onHalfClose(): void {
    this.#halfClosed = true;
    if (!this.#busy) this.#stream.end();
  }

  onBroken(): void {
    // Its calls are cancelled.
  }

  async #answer(message: Uint8Array): Promise<void> {
    const stream = this.#stream;
    let sequenceId = '';
    const call = stream.openCall();
    try {
      const request = this.#methods.decode(message);
      ({ sequenceId } = request);
      const parts = request.parts.filter(({ name }) => name !== START && name !== END);
      const predicted = await this.#methods.predictions.predict(call, {
        target: targetOf(request),
        parts,
        stream: true,
        sequence: ({ sequences }) => (sequences ? this.#sequenceOf(request) : undefined),
      });
      if (predicted.kind === 'one') await this.#send(piecesOf(predicted.answer.body), sequenceId);
      else for await (const pieces of predicted.pieces) await this.#send(pieces, sequenceId);
    } catch (error) {
      if (!stream.send(encodeFailure(toMillraceError(error), sequenceId))) await stream.drained();
    } finally {
      stream.closeCall(call);
    }
  }

  async #send(pieces: readonly Uint8Array[], sequenceId: string): Promise<void> {
    if (!this.#stream.send(encodePrediction(pieces, sequenceId))) await this.#stream.drained();
  }

  /** The first request of an id begins its sequence. */
  #sequenceOf({ sequenceId: id, parts }: PredictionsRequest): SequenceControl {
    if (id === '') throw invalidArgument('Parameter sequenceId is required.');
    const isNew = !this.#sequences.has(id);
    const end = isTrue(parts, END);
    if (isNew && !end && this.#sequences.size === MAX_SEQUENCES) {
      throw invalidArgument(`expected at most ${MAX_SEQUENCES} open sequences in a stream, got more`);
    }
    if (end) this.#sequences.delete(id);
    else this.#sequences.add(id);
    return { id, start: isNew || isTrue(parts, START), end };
  }
}

function isTrue(parts: readonly Part[], name: string): boolean {
  const data = parts.find((part) => part.name === name)?.data;
  return data !== undefined && Buffer.from(data).toString().toLowerCase() === 'true';
}
