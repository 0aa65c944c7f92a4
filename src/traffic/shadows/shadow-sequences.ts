import { randomInt, randomUUID } from 'node:crypto';
import { SerialQueue } from '../../async/index.js';
import { type Call, type SequenceControl, sequenceKey } from '../../core/index.js';
import { OwnerLru } from '../../inference/index.js';

/** Most remembered sequences; forgotten ones are not copied any further. */
const MAX_SEQUENCES = 10_000;
const SMALL_FROM = 2 ** 30;
const SMALL_TO = 2 ** 31;

/** A sequence whose steps are copied. */
export interface CopiedSequence {
  /** Its own on the shadow, so that it never meets one of a caller's there. */
  readonly id: string | bigint;
  /** A step is missing: those behind it would be answered out of another state. */
  isBroken: boolean;
  readonly steps: SerialQueue;
}

/** A request of a sequence, by a route. */
export interface ShadowStep {
  readonly route: string;
  readonly call: Pick<Call, 'principal'>;
  readonly control: SequenceControl;
}

/** Which sequences of routes are copied: each as a whole, or not at all. */
export class ShadowSequences {
  readonly #copied = new OwnerLru<CopiedSequence>(MAX_SEQUENCES);

  /** Of a step. `chosen`: whether one that begins is to be copied. Undefined where it is not. */
  of({ route, call, control }: ShadowStep, chosen: () => boolean): CopiedSequence | undefined {
    const { id, start, end } = control;
    const { ownerId } = call.principal;
    const key = sequenceKey(route, id);
    const known = this.#copied.delete(ownerId, key);
    const sequence = start ? (chosen() ? beginOther(id) : undefined) : known;
    if (sequence === undefined || end) return sequence;
    this.#copied.set(ownerId, key, sequence);
    return sequence;
  }
}

/** Text for text, and a number that fits where the caller's does. */
function beginOther(id: string | bigint): CopiedSequence {
  return { id: typeof id === 'string' ? randomUUID() : otherNumber(id), isBroken: false, steps: new SerialQueue() };
}

function otherNumber(id: bigint): bigint {
  const low = BigInt(randomInt(SMALL_FROM, SMALL_TO));
  return id < SMALL_TO ? low : (low << 31n) | BigInt(randomInt(SMALL_TO));
}
