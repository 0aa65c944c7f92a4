import { invalidArgument } from '../../../core/index.js';
import type { GrpcStream, GrpcStreamHandler } from '../../shared/grpc/method.js';
import { type PredictionMethods, targetOf, wholeOf } from './prediction-methods.js';
import { encodePrediction } from './prediction-response.js';

/** `StreamPredictions`: one request, and the pieces of its answer. */
export class StreamPredictions implements GrpcStreamHandler {
  readonly #stream: GrpcStream;
  readonly #methods: PredictionMethods;
  #asked = false;

  constructor(stream: GrpcStream, methods: PredictionMethods) {
    this.#stream = stream;
    this.#methods = methods;
  }

  async onMessage(message: Uint8Array): Promise<void> {
    const stream = this.#stream;
    try {
      if (this.#asked) throw invalidArgument('StreamPredictions takes one request, got a second one');
      this.#asked = true;
      const request = this.#methods.decode(message);
      const asked = { target: targetOf(request), parts: request.parts, stream: true };
      const predicted = await this.#methods.predictions.predict(stream.openCall(), asked);
      if (predicted.kind === 'one') stream.send(encodePrediction(wholeOf(predicted)));
      else {
        for await (const pieces of predicted.pieces) {
          if (!stream.send(encodePrediction(pieces))) await stream.drained();
        }
      }
      stream.end();
    } catch (error) {
      stream.end(error);
    }
  }

  onHalfClose(): void {
    if (!this.#asked) this.#stream.end(invalidArgument('StreamPredictions takes one request, got none'));
  }

  onBroken(): void {
    // Its call is cancelled, which ends the loop.
  }
}
