import { AnyFiller } from '../mapping/any-filler.js';
import type { Filler } from '../mapping/filler.js';
import { isPlainNumbers, NumberFiller } from '../mapping/number-filler.js';
import type { InputPlan } from '../mapping/plan-inputs.js';
import type { Batch, Block, RowSource } from '../types.js';

/** Bytes of a request from which on it takes no further row. */
export const MAX_BATCH_BYTES = 8 << 20;

/** Puts rows together into requests. */
export class BatchBuilder {
  readonly #fillers: readonly Filler[];
  readonly #mostRows: number;
  #sources: RowSource[] = [];
  #sizeBytes = 0;

  /** `mostRows` in one request. */
  constructor(inputs: readonly InputPlan[], mostRows: number) {
    // What all rows of a request share cannot differ between them.
    this.#mostRows = inputs.some(({ spec }) => spec.batchAxis === null) ? 1 : mostRows;
    this.#fillers = inputs.map((plan) =>
      isPlainNumbers(plan) ? new NumberFiller(plan, this.#mostRows) : new AnyFiller(plan),
    );
  }

  /** The block that rows come from until the next call. */
  begin(block: Block): void {
    for (const filler of this.#fillers) filler.begin(block);
  }

  /** Adds a row of the block, or says why it does not fit. `other shape`: it fits once the batch has been taken. */
  add(block: Block, row: number): undefined | 'other shape' | { readonly problem: string } {
    const at = this.#sources.length;
    let rowBytes = 0;
    for (const filler of this.#fillers) {
      const added = filler.put(row, at);
      if (added !== undefined) return added;
      rowBytes += filler.rowBytes;
    }
    this.#sources.push({ block, row });
    this.#sizeBytes += rowBytes;
    return undefined;
  }

  get isFull(): boolean {
    return this.#sources.length >= this.#mostRows || this.#sizeBytes >= MAX_BATCH_BYTES;
  }

  /** The rows since the last call as one request; undefined where there are none. */
  take(): Batch | undefined {
    const sources = this.#sources;
    const rows = sources.length;
    if (rows === 0) return undefined;
    this.#sources = [];
    this.#sizeBytes = 0;
    return { rows, sources, inputs: this.#fillers.map((filler) => filler.take(rows)) };
  }
}
