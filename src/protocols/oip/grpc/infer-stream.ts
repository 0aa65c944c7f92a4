import {
  type Call,
  type Clock,
  type InferRequest,
  type InferResponse,
  type InferTarget,
  NO_PARAMETERS,
  type Parameters,
  systemClock,
  toMillraceError,
  whenReady,
} from '../../../core/index.js';
import type { InferResult, Service } from '../../../service/index.js';
import { Decoder } from '../../shared/decoding/decoder.js';
import type { GrpcMessage, GrpcStream, GrpcStreamHandler, StreamMethod } from '../../shared/grpc/method.js';
import { parametersOfMetadata, withParameters } from '../forward-headers.js';
import { DECODE_MODEL_INFER } from '../large-requests.js';
import { type DecodedModelInfer, decodeModelInfer, isLargeMessage, peekId } from './decode-infer.js';
import { createInferEncoder, type InferEncoder } from './encode-infer.js';
import type { GrpcInferOptions } from './infer.js';

/** Requests of one stream that may be worked on, or have answers that wait for the client, at the same time. */
const MAX_IN_FLIGHT = 256;

/** Metadata with which a client asks for errors as the status of the stream, which ends then. */
const ERRORS_AS_STATUS = 'triton_grpc_error';

/** ModelStreamInfer: any number of requests, each with one answer or several, and errors among the answers. */
export function createStreamOpener(options: GrpcInferOptions): StreamMethod['open'] {
  const { service, maxInputs, forwardHeaders, clock = systemClock, decoder = new Decoder(clock) } = options;
  const encoder = createInferEncoder();
  return (stream) => {
    const forwarded =
      forwardHeaders === undefined ? NO_PARAMETERS : parametersOfMetadata(forwardHeaders, stream.metadata);
    return new InferStream(stream, { service, maxInputs, forwarded, decoder, clock, encoder });
  };
}

interface Setup {
  readonly service: Pick<Service, 'inference'>;
  readonly maxInputs: number;
  /** Parameters that every request gets of the stream's metadata. */
  readonly forwarded: Parameters;
  readonly decoder: Decoder;
  readonly clock: Clock;
  readonly encoder: InferEncoder;
}

/** The place of a request in the order of answers; those behind it wait until it is settled. */
interface Turn {
  readonly call: Call;
  settled: boolean;
  /** Undefined = nothing is sent in its turn. */
  answer: GrpcMessage | undefined;
  next: Turn | undefined;
}

/**
 * One stream. Models with one answer are answered in the order of their requests, as Triton does; the answers of decoupled
 * models leave when they come.
 */
class InferStream implements GrpcStreamHandler {
  readonly #stream: GrpcStream;
  readonly #setup: Setup;
  #first: Turn | undefined;
  #last: Turn | undefined;
  #inFlight = 0;
  #halfClosed = false;
  #over = false;
  /** Present while the client reads too slowly for more. */
  #drained: Promise<void> | undefined;
  /** Asks for the next message. */
  #proceed: (() => void) | undefined;

  constructor(stream: GrpcStream, setup: Setup) {
    this.#stream = stream;
    this.#setup = setup;
  }

  onMessage(message: Uint8Array): void | Promise<void> {
    if (this.#over) return;
    this.#inFlight++;
    const turn = this.#queue(this.#stream.openCall());
    this.#answer(turn, message);
    if (this.#hasRoom()) return;
    return new Promise((resolve) => {
      this.#proceed = resolve;
    });
  }

  #answer(turn: Turn, message: Uint8Array): void {
    const { maxInputs, decoder } = this.#setup;
    if (isLargeMessage(message)) {
      // The message is gone afterwards.
      const id = peekId(message);
      decoder
        .decodeMessage(turn.call, DECODE_MODEL_INFER, { message, maxInputs })
        .then((decoded) => this.#infer(turn, decoded))
        .catch((error: unknown) => this.#refuse(turn, id, error));
      return;
    }
    try {
      this.#infer(turn, decodeModelInfer(message, { maxInputs }));
    } catch (error) {
      this.#refuse(turn, peekId(message), error);
    }
  }

  /** Throws where the stream's metadata make too many parameters of the request's, and what cannot be resolved. */
  #infer(turn: Turn, decoded: DecodedModelInfer): void {
    const { service, forwarded, clock } = this.#setup;
    const request = withParameters(decoded.request, forwarded);
    const { target, emptyFinalResponse } = decoded;
    const { call } = turn;
    call.timing.decodedAt = clock.now();
    whenReady(service.inference.resolve(call, target), (resolved) =>
      service.inference.infer(call, resolved, request),
    ).then(
      (result) => this.#onResult(turn, { target, request, result, emptyFinalResponse }),
      (error) => this.#refuse(turn, request.id, error),
    );
  }

  onHalfClose(): void {
    this.#halfClosed = true;
    this.#endWhenDone();
  }

  onBroken(): void {
    this.#over = true;
    this.#first = undefined;
    this.#last = undefined;
    this.#wake();
  }

  #queue(call: Call): Turn {
    const turn: Turn = { call, settled: false, answer: undefined, next: undefined };
    if (this.#last === undefined) this.#first = turn;
    else this.#last.next = turn;
    this.#last = turn;
    return turn;
  }

  #onResult(turn: Turn, outcome: Outcome): void {
    const { result, request } = outcome;
    if (result.kind === 'many') {
      this.#leaveOrder(turn);
      // Never rejects.
      void this.#pump(turn.call, outcome, result.responses);
      return;
    }
    const { clock, encoder } = this.#setup;
    const startedAt = clock.now();
    try {
      const answer = encoder.streamResponse(result.response, true);
      turn.call.timing.encodeMs = clock.now() - startedAt;
      this.#settle(turn, answer);
    } catch (error) {
      this.#refuse(turn, request.id, error);
    }
  }

  #refuse(turn: Turn, id: string, error: unknown): void {
    if (this.#endWith(error)) return;
    this.#settle(turn, this.#setup.encoder.streamError({ id, error: toMillraceError(error) }));
  }

  #settle(turn: Turn, answer: GrpcMessage): void {
    turn.settled = true;
    turn.answer = answer;
    this.#stream.closeCall(turn.call);
    this.#flush();
  }

  /** Others need not wait for a request whose answers come whenever they come. */
  #leaveOrder(turn: Turn): void {
    turn.settled = true;
    this.#flush();
  }

  #flush(): void {
    while (!this.#over && this.#drained === undefined && this.#first?.settled === true) {
      const { answer, next } = this.#first;
      this.#first = next;
      if (next === undefined) this.#last = undefined;
      if (answer === undefined) continue;
      this.#inFlight--;
      this.#send(answer);
    }
    this.#wake();
    this.#endWhenDone();
  }

  /** Sends the answers of a decoupled model, the next one when there is room for it. */
  async #pump(call: Call, outcome: Outcome, responses: AsyncIterable<InferResponse>): Promise<void> {
    const { encoder } = this.#setup;
    const { id } = outcome.request;
    const { name: modelName } = outcome.target;
    try {
      for await (const response of responses) {
        const { error } = response;
        if (error !== undefined && this.#endWith(error)) break;
        await this.#sendWhenDrained(
          error === undefined
            ? encoder.streamResponse(response, false)
            : encoder.streamError({ id, modelName, final: false, error }),
        );
        if (this.#over) break;
      }
      if (outcome.emptyFinalResponse) await this.#sendWhenDrained(encoder.emptyFinal(modelName, id));
    } catch (error) {
      if (this.#endWith(error)) return;
      await this.#sendWhenDrained(encoder.streamError({ id, modelName, final: true, error: toMillraceError(error) }));
    }
    this.#stream.closeCall(call);
    this.#inFlight--;
    this.#wake();
    this.#endWhenDone();
  }

  /** Ends the stream for an error, if the client has asked for that. */
  #endWith(error: unknown): boolean {
    if (this.#over || this.#stream.metadata[ERRORS_AS_STATUS] !== 'true') return false;
    this.onBroken();
    this.#stream.end(error);
    return true;
  }

  async #sendWhenDrained(message: GrpcMessage): Promise<void> {
    while (this.#drained !== undefined) await this.#drained;
    if (!this.#over) this.#send(message);
    if (this.#drained !== undefined) await this.#drained;
  }

  #send(message: GrpcMessage): void {
    if (this.#stream.send(message)) return;
    this.#drained = this.#stream.drained().then(() => {
      this.#drained = undefined;
      this.#flush();
    });
  }

  #hasRoom(): boolean {
    return this.#over || (this.#inFlight < MAX_IN_FLIGHT && this.#drained === undefined);
  }

  #wake(): void {
    const proceed = this.#proceed;
    if (proceed === undefined || !this.#hasRoom()) return;
    this.#proceed = undefined;
    proceed();
  }

  #endWhenDone(): void {
    if (this.#over || !this.#halfClosed || this.#inFlight > 0) return;
    this.#over = true;
    this.#stream.end();
  }
}

interface Outcome {
  readonly target: InferTarget;
  readonly request: InferRequest;
  readonly result: InferResult;
  readonly emptyFinalResponse: boolean;
}
