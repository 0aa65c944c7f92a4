import { type BodyMemory, ByteBudget, holdAll, type InferRequest, releaseAll } from '../../core/index.js';

/** Memory that copies hold: a bounded number of bytes, and the places of bodies with their inputs. */
export class HeldMemory {
  readonly #bodies: BodyMemory | undefined;
  readonly #budget: ByteBudget;

  constructor(bodies: BodyMemory | undefined, maxBytes: number) {
    this.#bodies = bodies;
    this.#budget = new ByteBudget('the copies for shadows', maxBytes);
  }

  /** False where there is no room: nothing is taken then. */
  take(sizeBytes: number): boolean {
    return this.#budget.take(sizeBytes) === undefined;
  }

  give(sizeBytes: number): void {
    this.#budget.release(sizeBytes);
  }

  /** Holds the inputs of a request too; false where there is no room, or they were released already. */
  hold({ inputs }: InferRequest): boolean {
    const sizeBytes = sizeOf(inputs);
    if (!this.take(sizeBytes)) return false;
    if (holdAll(this.#bodies, inputs)) return true;
    this.give(sizeBytes);
    return false;
  }

  release({ inputs }: InferRequest): void {
    this.give(sizeOf(inputs));
    releaseAll(this.#bodies, inputs);
  }
}

function sizeOf(inputs: InferRequest['inputs']): number {
  return inputs.reduce((sum, { data }) => sum + data.length, 0);
}
