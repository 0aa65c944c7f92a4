import { SerialQueue } from '../async/index.js';
import type { Turns } from '../core/index.js';
import type { Output } from './io.js';

/** The standard output of a process that also answers requests: a long text is made and written in slices, one a turn. */
export class SlicedOutput {
  readonly #output: Pick<Output, 'write'>;
  readonly #turns: Pick<Turns, 'next'>;
  readonly #queue = new SerialQueue();

  constructor(output: Pick<Output, 'write'>, turns: Pick<Turns, 'next'>) {
    this.#output = output;
    this.#turns = turns;
  }

  /** Resolves when the text is written. Texts stay whole, in the order of the calls. */
  print(slices: Iterable<string>): Promise<void> {
    return this.#queue.run(() => this.#write(slices));
  }

  async #write(slices: Iterable<string>): Promise<void> {
    for (const slice of slices) {
      if (slice !== '') this.#output.write(slice);
      await this.#turns.next();
    }
  }
}
