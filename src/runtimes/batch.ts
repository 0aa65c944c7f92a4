import {
  type ErrorData,
  errorData,
  type FinishReason,
  type GenerationDelta,
  type GenerationRequest,
  type Parameters,
  type SequenceControl,
  type Tensor,
  toMillraceError,
  type Usage,
} from '../core/index.js';
import type { ItemSequence } from './sequence-spec.js';

export interface BatchItem {
  readonly callId: number;
  /**
   * In the signature's order; optional inputs may be missing (the same ones in every item of a batch). A tensor without
   * batch axis in a model that batches is the same in all items; the first one's counts. The data may be overwritten
   * once `execute` has settled: a runtime that keeps some copies it.
   */
  readonly inputs: readonly Tensor[];
  /** Rows of this item along the batch axis; 1 for models that do not batch. */
  readonly rows: number;
  readonly parameters: Parameters;
  /** Of models that generate, in place of inputs and parameters. The server has validated it; members that the caller leaves out are absent. */
  readonly generation?: GenerationRequest;
  /** The value of the model's preparer. There are no inputs and parameters then, and the prompt of `generation` is empty. */
  readonly prepared?: Uint8Array;
  readonly sequence?: ItemSequence;
  /** Present where the description asks for it. */
  readonly context?: ItemContext;
}

/** The part of the call behind an item that a script may know. */
export interface ItemContext {
  readonly requestId: string;
  /** The caller's own id of the request; '' when there is none. */
  readonly clientId: string;
  /** The caller as an owner of state: what a runtime keeps of a call is for calls of the same owner. An id, not a name. */
  readonly ownerId: string;
  /** W3C `traceparent`; '' when the call is not traced. */
  readonly traceparent: string;
  /** Milliseconds that were left of the call's deadline when the batch was sent; Infinity = no deadline. */
  readonly remainingMs: number;
  /** The caller's sequence control; a model that keeps no sequences may pass it on. Inline models only. */
  readonly sequence?: SequenceControl;
}

/**
 * Items that run together. All have the same input names, datatypes and dimensions other than the batch axis.
 * `outputs` are the output names that any request of the batch asks for; undefined = all.
 */
export interface Batch {
  readonly id: number;
  readonly items: readonly BatchItem[];
  readonly rows: number;
  readonly outputs: readonly string[] | undefined;
}

/**
 * An answer, or the failure, of one item. `final` ends the item; exactly one final emission per item. A decoupled model
 * may go on after a failure that is not final. Without outputs, delta and error, a final emission of a decoupled model is the
 * end only, and no answer.
 */
export interface Emission {
  readonly callId: number;
  readonly outputs: readonly Tensor[];
  readonly parameters?: Parameters;
  /** Of models that generate, in place of outputs and parameters. */
  readonly delta?: GenerationDelta;
  readonly error?: ErrorData;
  /** Tokens that the item has taken so far; the last one counts. On errors, too: what was cancelled has cost them. */
  readonly usage?: Usage;
  /** Why generating ended with this answer. An item that was cancelled, or failed, has an error instead. */
  readonly finishReason?: FinishReason;
  readonly final: boolean;
}

/**
 * Takes emissions. A decoupled model emits no more for an item before its reader has room; other items go on.
 * Synchronous, and one frame for all of them: a model that works in steps passes on a step at once.
 */
export type Emit = (emissions: readonly Emission[]) => Room;

/**
 * By emission, in the same order: undefined where the reader of its item has room for more, else a promise that resolves
 * when it has, or is gone. undefined in place of the list: all have room.
 */
export type Room = readonly (Promise<void> | undefined)[] | undefined;

/** Answers of one item that may be under way between a decoupled model and its reader. */
export const STREAM_CREDIT = 32;

/** Where a batch's time went inside the runtime, in milliseconds. */
export interface BatchTiming {
  readonly computeInputMs: number;
  readonly computeInferMs: number;
  readonly computeOutputMs: number;
}

/** The emission that ends an item with an error. Anything but a MillraceError becomes `internal`. */
export function failedItem({ callId }: Pick<BatchItem, 'callId'>, thrown: unknown): Emission {
  return { callId, outputs: [], error: errorData(toMillraceError(thrown)), final: true };
}

/** Whether an emission is an answer for its reader, and not the end of an item only. */
export function isAnswer({ outputs, delta, error }: Pick<Emission, 'outputs' | 'delta' | 'error'>): boolean {
  return outputs.length > 0 || delta !== undefined || error !== undefined;
}
