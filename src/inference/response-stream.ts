import { type Call, checkParameters, type InferResponse, MillraceError } from '../core/index.js';
import type { GrantCredit, Sink, UnreadAnswers } from '../engine/index.js';
import { sizeOfDelta } from '../generation/index.js';
import { STREAM_CREDIT } from '../runtimes/index.js';

/** Room for more answers is granted to the model in pieces of this size: half of what it has at first, so that it need not wait. */
const GRANT = STREAM_CREDIT / 2;
/** Approximate memory of an answer without its outputs and parameters. */
const ANSWER_BYTES = 512;

interface StreamSetup {
  readonly onEnd: (error: MillraceError | undefined) => void;
  /** Whether the call goes on in spite of an error, since another model takes it. */
  readonly goesOn: (error: MillraceError) => boolean;
  /** Redacts an error for the reader. */
  readonly tell: (error: MillraceError) => MillraceError;
  /**
   * Where answers may wait in any number, as long as there is memory: those of a model of text, which ends by itself and keeps a slot until then. undefined =
   * the model waits for its reader.
   */
  readonly unread: UnreadAnswers | undefined;
}

interface Waiting {
  readonly response: InferResponse;
  /** Taken of the memory for unread answers. */
  readonly sizeBytes: number;
}

/**
 * The answers of a decoupled model as an async iterable. A model of text gives them whether they are read or not, within the memory for unread answers;
 * any other waits for its reader, so no more than STREAM_CREDIT answers lie here. Leaving the loop early cancels the call.
 */
export class ResponseStream implements Sink, AsyncIterableIterator<InferResponse> {
  readonly #call: Call;
  readonly #setup: StreamSetup;
  #waiting: Waiting[] = [];
  #grant: GrantCredit | undefined;
  /** Answers that came, or were read, since room was granted last. */
  #ungranted = 0;
  #end: { readonly error: MillraceError | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(call: Call, setup: StreamSetup) {
    this.#call = call;
    this.#setup = setup;
  }

  /** Set by the submitter: grants the model room for more answers. */
  grantsBy(grant: GrantCredit): void {
    this.#grant = grant;
  }

  onResponse(response: InferResponse): void {
    const sizeBytes = this.#hold(response);
    this.#waiting.push({ response, sizeBytes });
    if (this.#setup.unread !== undefined) this.#countGrant();
    this.#notify();
  }

  onEnd(error: MillraceError | undefined): void {
    const { goesOn, onEnd } = this.#setup;
    if (error !== undefined && goesOn(error)) return;
    this.#end = { error };
    onEnd(error);
    this.#dropWithReader();
    this.#notify();
  }

  async next(): Promise<IteratorResult<InferResponse>> {
    for (;;) {
      const waiting = this.#waiting.shift();
      if (waiting !== undefined) {
        this.#release(waiting.sizeBytes);
        if (this.#setup.unread === undefined) this.#countGrant();
        return { done: false, value: waiting.response };
      }
      if (this.#end !== undefined) {
        const { error } = this.#end;
        this.#end = { error: undefined };
        if (error !== undefined) throw this.#setup.tell(error);
        return { done: true, value: undefined };
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  return(): Promise<IteratorResult<InferResponse>> {
    this.#call.cancel(new MillraceError('cancelled', 'the reader left'));
    this.#drop();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #countGrant(): void {
    this.#ungranted++;
    if (this.#ungranted < GRANT) return;
    this.#ungranted = 0;
    this.#grant?.(GRANT);
  }

  /** Takes memory for an answer behind more than a reader may leave unread anyway. Ends the call where there is none. */
  #hold(response: InferResponse): number {
    const { unread } = this.#setup;
    if (unread === undefined || this.#waiting.length < STREAM_CREDIT) return 0;
    const sizeBytes = sizeOf(response);
    if (unread.take(this.#call.principal.name, sizeBytes)) return sizeBytes;
    this.#call.cancel(
      new MillraceError(
        'resource_exhausted',
        'the answer is read too slowly: the memory for text that waits for its readers (engine.maxInFlightBytes) is full',
      ),
    );
    return 0;
  }

  #release(sizeBytes: number): void {
    if (sizeBytes > 0) this.#setup.unread?.release(this.#call.principal.name, sizeBytes);
  }

  /** A reader who leaves need not have begun to read. What its deadline ends is still read. */
  #dropWithReader(): void {
    if (this.#waiting.some(({ sizeBytes }) => sizeBytes > 0)) {
      this.#call.onCancel(({ code }) => {
        if (code === 'cancelled') this.#drop();
      });
    }
  }

  #drop(): void {
    const dropped = this.#waiting;
    this.#waiting = [];
    this.#release(dropped.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

function sizeOf({ outputs, parameters, delta }: InferResponse): number {
  const outputBytes = outputs.reduce((sum, { data }) => sum + data.byteLength, 0);
  const deltaBytes = delta === undefined ? 0 : sizeOfDelta(delta);
  return ANSWER_BYTES + outputBytes + deltaBytes + checkParameters(parameters, 'internal');
}
