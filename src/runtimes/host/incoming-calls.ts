import { errorData, MillraceError, toMillraceError } from '../../core/index.js';
import type { CallModel, ModelAnswer } from '../model-calls.js';
import { CreditBook } from './credit-book.js';
import { type Frame, FrameKind } from './frame.js';
import { type CallEnd, type CallGranted, decodeJsonFrame, encodeJsonFrame } from './json-frame.js';
import { decodeModelCall, encodeModelAnswer } from './model-call-frame.js';

export interface IncomingCallsOptions {
  readonly modelKey: number;
  readonly callModel: CallModel;
  /** Sends the pieces of a frame to the runner, unless it is gone. */
  readonly notify: (pieces: readonly Uint8Array[]) => void;
}

/** Calls that a model in a runner makes of other models, at the server's end of the pipe. */
export class IncomingCalls {
  readonly #options: IncomingCallsOptions;
  readonly #open = new Map<number, AsyncIterator<ModelAnswer>>();
  /** By ticket. */
  readonly #credit = new CreditBook();

  constructor(options: IncomingCallsOptions) {
    this.#options = options;
  }

  /** Takes a frame of a call; throws when it is malformed. */
  receive(frame: Frame): void {
    switch (frame.kind) {
      case FrameKind.call:
        this.#begin(frame);
        return;
      case FrameKind.callGrant:
        this.#credit.grant(frame.ticket, decodeJsonFrame<CallGranted>(frame).answers);
        return;
      case FrameKind.callCancel:
        this.#leave(frame.ticket);
        return;
      default:
        throw new MillraceError('internal', `malformed frame: kind ${frame.kind} is not of a call`);
    }
  }

  /** Leaves all calls: whoever made them is gone. */
  close(): void {
    for (const ticket of [...this.#open.keys()]) this.#leave(ticket);
  }

  #begin(frame: Frame): void {
    const { ticket } = frame;
    const { callId, request } = decodeModelCall(frame);
    this.#credit.open([{ callId: ticket }]);
    void this.#serve(ticket, () => this.#options.callModel(callId, request));
  }

  async #serve(ticket: number, begin: () => AsyncIterable<ModelAnswer>): Promise<void> {
    const { modelKey, notify } = this.#options;
    let end: CallEnd = {};
    try {
      const answers = begin()[Symbol.asyncIterator]();
      this.#open.set(ticket, answers);
      for (let step = await answers.next(); !step.done; step = await answers.next()) {
        notify(encodeModelAnswer({ modelKey, ticket }, step.value));
        await this.#credit.spend([{ callId: ticket, outputs: step.value.outputs, final: false }])?.[0];
        if (!this.#open.has(ticket)) return;
      }
    } catch (error) {
      end = { failure: errorData(toMillraceError(error)) };
      this.#leave(ticket);
    }
    this.#open.delete(ticket);
    this.#credit.forget(ticket);
    notify([encodeJsonFrame({ kind: FrameKind.callEnd, modelKey, ticket }, end)]);
  }

  #leave(ticket: number): void {
    const answers = this.#open.get(ticket);
    this.#open.delete(ticket);
    this.#credit.forget(ticket);
    void answers?.return?.();
  }
}
