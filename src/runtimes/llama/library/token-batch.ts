import koffi from 'koffi';
import type { BatchEntry } from '../schedule/evaluator.js';
import type { NativeBatch, Pointer } from './functions.js';
import type { Library } from './open.js';

/** The tokens that are evaluated next, in memory of C, which no garbage collector moves while another thread reads it. */
export class TokenBatch {
  readonly #library: Library;
  readonly #native: NativeBatch;
  readonly #tokens: Int32Array;
  readonly #positions: Int32Array;
  readonly #sequences: readonly Int32Array[];
  readonly #wantLogits: Int8Array;
  #count = 0;

  constructor(library: Library, capacity: number) {
    this.#library = library;
    this.#native = library.llama_batch_init(capacity, 0, 1);
    const words = (pointer: Pointer) => new Int32Array(nativeView(pointer, capacity * 4));
    this.#tokens = words(this.#native.token);
    this.#positions = words(this.#native.pos);
    words(this.#native.n_seq_id).fill(1);
    this.#wantLogits = new Int8Array(nativeView(this.#native.logits, capacity));
    const lists = new BigInt64Array(nativeView(this.#native.seq_id, capacity * 8));
    this.#sequences = Array.from(lists.subarray(0, capacity), (list) => new Int32Array(nativeView(list, 4)));
  }

  /** Adds a token; returns its place, by which its logits are asked for. */
  add({ token, position, slot, wantsLogits }: BatchEntry): number {
    const index = this.#count++;
    this.#tokens[index] = token;
    this.#positions[index] = position;
    (this.#sequences[index] as Int32Array)[0] = slot;
    this.#wantLogits[index] = wantsLogits ? 1 : 0;
    return index;
  }

  /** The batch as it is to be evaluated; the next token begins another one. */
  take(): NativeBatch {
    this.#native.n_tokens = this.#count;
    this.#count = 0;
    return this.#native;
  }

  free(): void {
    this.#library.llama_batch_free(this.#native);
  }
}

/** Memory of C, as long as that is there. */
export function nativeView(pointer: Pointer, sizeBytes: number): ArrayBuffer {
  return koffi.view(pointer, sizeBytes);
}
