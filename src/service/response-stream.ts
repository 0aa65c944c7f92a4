import { type Call, type InferResponse, MillraceError } from '../core/index.js';
import type { Sink } from '../engine/index.js';

/** Answers that may wait for a slow reader; one more ends the call. */
const MAX_WAITING = 1_024;

/** The answers of a decoupled model as an async iterable. Leaving the loop early cancels the call. */
export class ResponseStream implements Sink, AsyncIterableIterator<InferResponse> {
  readonly #call: Call;
  readonly #onEnd: (error: MillraceError | undefined) => void;
  readonly #waiting: InferResponse[] = [];
  #end: { readonly error: MillraceError | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(call: Call, onEnd: (error: MillraceError | undefined) => void) {
    this.#call = call;
    this.#onEnd = onEnd;
  }

  onResponse(response: InferResponse): void {
    this.#waiting.push(response);
    if (this.#waiting.length > MAX_WAITING) {
      this.#call.cancel(
        new MillraceError('resource_exhausted', `more than ${MAX_WAITING} answers wait for their reader`),
      );
    }
    this.#notify();
  }

  onEnd(error: MillraceError | undefined): void {
    this.#end = { error };
    this.#onEnd(error);
    this.#notify();
  }

  async next(): Promise<IteratorResult<InferResponse>> {
    for (;;) {
      const response = this.#waiting.shift();
      if (response !== undefined) return { done: false, value: response };
      if (this.#end !== undefined) {
        const { error } = this.#end;
        this.#end = { error: undefined };
        if (error !== undefined) throw error;
        return { done: true, value: undefined };
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  return(): Promise<IteratorResult<InferResponse>> {
    this.#call.cancel(new MillraceError('cancelled', 'the reader left'));
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
