import { errorOf, type MillraceError, toMillraceError } from '../../core/index.js';
import { STREAM_CREDIT } from '../batch.js';
import type { CallModel, ModelAnswer } from '../model-calls.js';
import { type Frame, FrameKind } from './frame.js';
import { type CallEnd, type CallGranted, decodeJsonFrame, encodeJsonFrame } from './json-frame.js';
import { decodeModelAnswer, encodeModelCall } from './model-call-frame.js';

const DONE = { done: true, value: undefined } as const;
/** Room for more answers is granted to the server in pieces of this size. */
const GRANT = STREAM_CREDIT / 2;

type Write = (pieces: readonly Uint8Array[]) => void;

/** Calls of other models, at the end of the pipe where the calling model is. */
export class OutgoingCalls {
  readonly #write: Write;
  readonly #open = new Map<number, OutgoingCall>();
  #lastTicket = 0;

  constructor(write: Write) {
    this.#write = write;
  }

  /** How the model with that key calls others. */
  of(modelKey: number): CallModel {
    return (callId, request) => {
      this.#lastTicket = (this.#lastTicket + 1) >>> 0;
      const ticket = this.#lastTicket;
      const call = new OutgoingCall((kind, value) => {
        if (kind === FrameKind.callCancel) this.#open.delete(ticket);
        this.#write([encodeJsonFrame({ kind, modelKey, ticket }, value)]);
      });
      try {
        this.#write(encodeModelCall({ modelKey, ticket }, { callId, request }));
        this.#open.set(ticket, call);
      } catch (error) {
        call.onEnd(toMillraceError(error));
      }
      return call;
    };
  }

  /** Takes an answer or the end of a call; of one that was left nobody wants them any more. */
  receive(frame: Frame): void {
    const call = this.#open.get(frame.ticket);
    if (call === undefined) return;
    if (frame.kind === FrameKind.callAnswer) {
      call.onAnswer(decodeModelAnswer(frame));
      return;
    }
    this.#open.delete(frame.ticket);
    const { failure } = decodeJsonFrame<CallEnd>(frame);
    call.onEnd(failure && errorOf(failure));
  }
}

class OutgoingCall implements AsyncIterableIterator<ModelAnswer> {
  readonly #send: (kind: number, value: unknown) => void;
  readonly #answers: ModelAnswer[] = [];
  #end: { readonly error: MillraceError | undefined } | undefined;
  #wake: (() => void) | undefined;
  #taken = 0;

  constructor(send: (kind: number, value: unknown) => void) {
    this.#send = send;
  }

  onAnswer(answer: ModelAnswer): void {
    this.#answers.push(answer);
    this.#notify();
  }

  onEnd(error: MillraceError | undefined): void {
    this.#end = { error };
    this.#notify();
  }

  async next(): Promise<IteratorResult<ModelAnswer>> {
    for (;;) {
      const answer = this.#answers.shift();
      if (answer !== undefined) {
        this.#took();
        return { done: false, value: answer };
      }
      if (this.#end !== undefined) {
        const { error } = this.#end;
        this.#end = { error: undefined };
        if (error !== undefined) throw error;
        return DONE;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  return(): Promise<IteratorResult<ModelAnswer>> {
    if (this.#end === undefined) {
      this.#send(FrameKind.callCancel, undefined);
      this.onEnd(undefined);
    }
    this.#answers.length = 0;
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #took(): void {
    this.#taken++;
    if (this.#taken < GRANT || this.#end !== undefined) return;
    this.#taken = 0;
    this.#send(FrameKind.callGrant, { answers: GRANT } satisfies CallGranted);
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
