import { type InferResponse, NO_PARAMETERS, packBytes } from '../../src/core/index.js';

/** A text as the model `m` answers it. */
export function answerOf(text: string): InferResponse {
  const output = { name: 'y', datatype: 'BYTES', shape: [1], data: packBytes([Buffer.from(text)]) } as const;
  return { ref: { name: 'm', version: 3, generation: 3 }, id: '', outputs: [output], parameters: NO_PARAMETERS };
}

/** The same as an event of `generate_stream`. */
export const eventOf = (text: string) => `data: {"model_name":"m","model_version":"3","y":"${text}"}\n\n`;

/** Answers that the test gives one by one. */
export class Answers implements AsyncIterableIterator<InferResponse> {
  readonly #waiting: (IteratorResult<InferResponse> | Error)[] = [];
  #wake: () => void = () => undefined;
  asked = 0;
  #left: () => void = () => undefined;
  /** Resolves when the reader leaves the iteration early. */
  readonly left = new Promise<void>((resolve) => {
    this.#left = resolve;
  });

  give(...texts: readonly string[]): this {
    for (const text of texts) this.#put({ done: false, value: answerOf(text) });
    return this;
  }

  end(): this {
    return this.#put({ done: true, value: undefined });
  }

  fail(error: Error): this {
    return this.#put(error);
  }

  async next(): Promise<IteratorResult<InferResponse>> {
    this.asked++;
    for (;;) {
      const step = this.#waiting.shift();
      if (step instanceof Error) throw step;
      if (step !== undefined) return step;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<InferResponse>> {
    this.#left();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #put(step: IteratorResult<InferResponse> | Error): this {
    this.#waiting.push(step);
    this.#wake();
    return this;
  }
}
