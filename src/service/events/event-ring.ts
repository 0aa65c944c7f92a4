import type { Happening, RecordedEvent } from './types.js';

/** The last events, in a list of fixed length. They are numbered from 1. */
export class EventRing {
  readonly #slots: (RecordedEvent | undefined)[];
  readonly #epoch: string;
  #newest = 0;

  /** `epoch` is in the ids: another one for each start of the server. */
  constructor({ capacity, epoch }: { readonly capacity: number; readonly epoch: string }) {
    this.#slots = new Array(capacity);
    this.#epoch = epoch;
  }

  /** Number of the newest event; 0 = there is none. */
  get newest(): number {
    return this.#newest;
  }

  /** Number of the oldest event that is still there, or would be. */
  get oldest(): number {
    return Math.max(1, this.#newest - this.#slots.length + 1);
  }

  add(happening: Happening, atMs: number): void {
    this.#newest++;
    this.#slots[this.#newest % this.#slots.length] = { id: this.idOf(this.#newest), atMs, happening };
  }

  /** The event with a number from {@link oldest} to {@link newest}; undefined for others. */
  at(number: number): RecordedEvent | undefined {
    return number < this.oldest || number > this.#newest ? undefined : this.#slots[number % this.#slots.length];
  }

  idOf(number: number): string {
    return `${this.#epoch}-${number}`;
  }

  /** The number in an id of this start; undefined = of another start, or no id. */
  numberOf(id: string): number | undefined {
    const [, epoch, digits] = /^(.+)-(\d{1,15})$/.exec(id) ?? [];
    const number = Number(digits);
    return epoch === this.#epoch && number <= this.#newest ? number : undefined;
  }
}
