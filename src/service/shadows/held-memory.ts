import type { BodyMemory, InferRequest } from '../../core/index.js';

/** What copies hold of memory: bytes of a bounded number, and the places of bodies in which inputs lie. */
export class HeldMemory {
  readonly #bodies: BodyMemory | undefined;
  readonly #maxBytes: number;
  #usedBytes = 0;

  constructor(bodies: BodyMemory | undefined, maxBytes: number) {
    this.#bodies = bodies;
    this.#maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** False where there is no room: nothing is taken then. */
  take(sizeBytes: number): boolean {
    if (this.#usedBytes + sizeBytes > this.#maxBytes) return false;
    this.#usedBytes += sizeBytes;
    return true;
  }

  give(sizeBytes: number): void {
    this.#usedBytes -= sizeBytes;
  }

  /** The inputs of a request that somebody holds; false where there is no room, or nobody does any more. */
  hold({ inputs }: InferRequest): boolean {
    if (!this.take(sizeOf(inputs))) return false;
    for (const [index, { data }] of inputs.entries()) {
      if (this.#bodies?.hold(data) ?? true) continue;
      for (const held of inputs.slice(0, index)) this.#bodies?.release(held.data);
      this.give(sizeOf(inputs));
      return false;
    }
    return true;
  }

  release({ inputs }: InferRequest): void {
    this.give(sizeOf(inputs));
    for (const { data } of inputs) this.#bodies?.release(data);
  }
}

function sizeOf(inputs: InferRequest['inputs']): number {
  return inputs.reduce((sum, { data }) => sum + data.length, 0);
}
