import type { TensorSpec } from '../core/index.js';
import type { BatchItem } from './batch.js';
import type { Description } from './description.js';

/**
 * Does the part of a request that needs no weights, such as rendering a template and tokenising, before the request is queued: in a process of
 * its own, so that nothing of it holds up the model, and the queue knows the cost of the request. Its failures end the request only.
 */
export interface Preparer {
  readonly description: Pick<Description, 'concurrency' | 'wantsContext' | 'statistics'> & {
    /** Inputs of the model, where requests are tensors. Default: none, as the model generates. */
    readonly inputs?: readonly TensorSpec[];
  };
  /**
   * One value for the request, or one for each of its rows: then each row is queued and run as a request of its own, and the answers are joined in
   * order along the first dimension. Or the answer itself, which needs no model. Rejects with the MillraceError that ends the request. No more than `concurrency` at a time.
   */
  prepare(item: BatchItem): Promise<PreparedRequest | readonly PreparedRequest[] | PreparedAnswer>;
  /** As {@link LoadedModel.statistics}. */
  statistics?(): Readonly<Record<string, number>>;
  /** Gives everything back. No request is being prepared. */
  close(): Promise<void>;
}

/** A request, or a row of it, that a preparer has prepared. */
export interface PreparedRequest {
  /** Cost in the queue and in a batch, in the model's `costUnit`: 0 or more. */
  readonly cost: number;
  /** For the model: it becomes {@link BatchItem.prepared}. */
  readonly value: Uint8Array;
}

/** The answer to a request about which its model need not be asked, such as for the tokens of a text. */
export interface PreparedAnswer {
  /** Elements of the output {@link PREPARED_ANSWER}, BYTES of one dimension. */
  readonly answer: readonly Uint8Array[];
}

/** Name of the output of requests that a preparer answers. */
export const PREPARED_ANSWER = 'answer';
