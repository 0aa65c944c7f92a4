import { type Call, type InferResponse, MillraceError } from '../core/index.js';
import type { GrantCredit, Sink } from '../engine/index.js';
import { STREAM_CREDIT } from '../runtimes/index.js';

/** Room for more answers is granted to the model in pieces of this size: half of what it has at first, so that it need not wait. */
const GRANT = STREAM_CREDIT / 2;

interface StreamSetup {
  readonly onEnd: (error: MillraceError | undefined) => void;
  /** Whether the call goes on in spite of an error, since another model takes it. */
  readonly goesOn: (error: MillraceError) => boolean;
  /** An error as the reader is told of it. */
  readonly tell: (error: MillraceError) => MillraceError;
}

/**
 * The answers of a decoupled model as an async iterable. Its model waits for it: no more than STREAM_CREDIT answers lie
 * here. Leaving the loop early cancels the call.
 */
export class ResponseStream implements Sink, AsyncIterableIterator<InferResponse> {
  readonly #call: Call;
  readonly #onEnd: (error: MillraceError | undefined) => void;
  readonly #goesOn: (error: MillraceError) => boolean;
  readonly #tell: (error: MillraceError) => MillraceError;
  readonly #waiting: InferResponse[] = [];
  #grant: GrantCredit | undefined;
  #taken = 0;
  #end: { readonly error: MillraceError | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(call: Call, { onEnd, goesOn, tell }: StreamSetup) {
    this.#call = call;
    this.#onEnd = onEnd;
    this.#goesOn = goesOn;
    this.#tell = tell;
  }

  /** Whoever submitted the call says how its model learns of room for more answers. */
  grantsBy(grant: GrantCredit): void {
    this.#grant = grant;
  }

  onResponse(response: InferResponse): void {
    this.#waiting.push(response);
    this.#notify();
  }

  onEnd(error: MillraceError | undefined): void {
    if (error !== undefined && this.#goesOn(error)) return;
    this.#end = { error };
    this.#onEnd(error);
    this.#notify();
  }

  async next(): Promise<IteratorResult<InferResponse>> {
    for (;;) {
      const response = this.#waiting.shift();
      if (response !== undefined) {
        this.#took();
        return { done: false, value: response };
      }
      if (this.#end !== undefined) {
        const { error } = this.#end;
        this.#end = { error: undefined };
        if (error !== undefined) throw this.#tell(error);
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

  #took(): void {
    this.#taken++;
    if (this.#taken < GRANT) return;
    this.#taken = 0;
    this.#grant?.(GRANT);
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
