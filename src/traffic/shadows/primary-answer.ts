import type { Call, InferResponse, MillraceError } from '../../core/index.js';
import type { DropReason, Ending } from '../../shadows/index.js';
import { sizeOfOutputs } from '../../shadows/index.js';
import type { HeldMemory } from './held-memory.js';
import { computeMsOf, errorIn, MAX_ANSWER_BYTES } from './shadow-copy.js';

/** Errors of the primary after which no copy is made: there is nothing to compare, and often too much load. */
const UNANSWERED: ReadonlySet<MillraceError['code']> = new Set(['cancelled', 'unavailable', 'resource_exhausted']);

/** Collects what the primary answers to one request, within the memory that copies may hold. */
export class PrimaryAnswer {
  readonly #memory: HeldMemory;
  readonly #responses: InferResponse[] = [];
  #sizeBytes = 0;
  #problem: DropReason | undefined;
  #ending: Ending = { error: undefined, computeMs: undefined };

  constructor(memory: HeldMemory) {
    this.#memory = memory;
  }

  get responses(): readonly InferResponse[] {
    return this.#responses;
  }

  /** Known once it has ended. */
  get ending(): Ending {
    return this.#ending;
  }

  add(response: InferResponse): void {
    if (this.#problem !== undefined) return;
    const sizeBytes = sizeOfOutputs(response);
    if (this.#sizeBytes + sizeBytes > MAX_ANSWER_BYTES) this.#giveUp('size');
    else if (!this.#memory.take(sizeBytes)) this.#giveUp('memory');
    else {
      this.#sizeBytes += sizeBytes;
      this.#responses.push(response);
    }
  }

  /** Why there is nothing to compare with; undefined where there is. */
  end(error: MillraceError | undefined, call: Pick<Call, 'timing'>): DropReason | undefined {
    if (error !== undefined && UNANSWERED.has(error.code)) this.#giveUp('unanswered');
    const computeMs = error === undefined ? computeMsOf(call) : undefined;
    this.#ending = { error: error?.code ?? errorIn(this.#responses), computeMs };
    return this.#problem;
  }

  /** It is not needed any more. */
  release(): void {
    this.#memory.give(this.#sizeBytes);
    this.#sizeBytes = 0;
    this.#responses.length = 0;
  }

  #giveUp(reason: DropReason): void {
    this.#problem = reason;
    this.release();
  }
}
