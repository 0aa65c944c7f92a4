import type { Tensor } from '../../core/index.js';
import type { Block } from '../types.js';

/** What came of adding a row: a text says why it does not fit the model; `other shape`: it cannot share a request with those before. */
export type Added = undefined | { readonly problem: string } | 'other shape';

/** Makes one input of the rows of a request. */
export interface Filler {
  /** The block that rows come from until the next call. */
  begin(block: Block): void;
  /** Puts a row of the block at a place of the request. Nothing counts before {@link take}. */
  put(row: number, at: number): Added;
  /** Bytes of the row that was put last. */
  readonly rowBytes: number;
  /** The first `rows` of what was put, and begins anew. */
  take(rows: number): Tensor;
}
