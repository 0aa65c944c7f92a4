import type { Tensor, Turns } from '../../../core/index.js';
import { LARGE_BYTES } from '../../wire.js';
import { writeElements, writeSlice } from './write-elements.js';
import { JsonWriter } from './writer.js';

/** Where the elements of a tensor are missing in a JSON text. */
interface Gap {
  readonly at: number;
  readonly tensor: Tensor;
}

/**
 * The elements in one JSON text: few of them are written at once, and where they are many the rest is left for {@link fill}, so that
 * no answer holds up the event loop.
 */
export class Gaps {
  readonly #writer: JsonWriter;
  readonly #gaps: Gap[] = [];
  #roomBytes = LARGE_BYTES;

  constructor(writer: JsonWriter) {
    this.#writer = writer;
  }

  get none(): boolean {
    return this.#gaps.length === 0;
  }

  /** Writes the elements of a tensor, separated by commas, or leaves a gap for them. */
  write(tensor: Tensor): void {
    this.#roomBytes -= tensor.data.length;
    if (this.#roomBytes >= 0) writeElements(this.#writer, tensor);
    else this.#gaps.push({ at: this.#writer.length, tensor });
  }

  /** The whole of `text`, which is what was written beside the gaps, in pieces; a slice of it in each turn of the event loop. */
  async fill(text: Uint8Array, turns: Turns): Promise<readonly Uint8Array[]> {
    const pieces: Uint8Array[] = [];
    let done = 0;
    for (const { at, tensor } of this.#gaps) {
      pieces.push(text.subarray(done, at));
      done = at;
      const progress = { index: 0, offset: 0, within: 0 };
      for (let more = true; more; ) {
        await turns.next();
        const writer = new JsonWriter();
        more = writeSlice(writer, tensor, progress);
        pieces.push(writer.finishBytes());
      }
    }
    pieces.push(text.subarray(done));
    return pieces;
  }
}
