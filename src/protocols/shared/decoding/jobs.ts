import type { ErrorData } from '../../../core/index.js';

/**
 * A function that runs in the decoding thread: an export of a module that only exports such functions, and that is built as a
 * file of its own. Input and result cross threads by structured clone.
 */
export interface DecodeFunction<Input, Result> {
  /** URL of the module: `decoders.js` in the folder of the dialect. */
  readonly module: string;
  /** Name of the export. */
  readonly name: string;
  /** Never there: what the function takes and gives, for the compiler. */
  readonly types?: (input: Input) => Decoded<Result>;
}

/** What such a function gives; throws MillraceError for what is wrong with the request. */
export interface Decoded<Result> {
  readonly result: Result;
  /** Tensors in it, and other data: their memory goes to the event loop without being copied. */
  readonly tensors: readonly { readonly data: Uint8Array }[];
}

/** What the thread is sent. */
export interface DecodeJob {
  readonly module: string;
  readonly name: string;
  readonly input: unknown;
}

/** What the thread answers to a job. */
export type DecodeReply =
  | { readonly result: unknown }
  | { readonly error: ErrorData }
  /** A fault of the decoder, with its stack. */
  | { readonly fault: unknown };
