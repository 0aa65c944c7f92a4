import { randomInt, randomUUID } from 'node:crypto';
import type { SequenceControl } from '../../core/index.js';
import { sequenceKey } from '../routes/running-sequences.js';

/** Sequences that are remembered; the one that was quiet for longest is forgotten first, and not copied any further. */
const MAX_SEQUENCES = 10_000;
const SMALL_FROM = 2 ** 30;
const SMALL_TO = 2 ** 31;

/** A sequence whose steps are copied. */
export interface CopiedSequence {
  /** Its own on the shadow, so that it never meets one of a caller's there. */
  readonly id: string | bigint;
  /** A step is missing: those behind it would be answered out of another state. */
  isBroken: boolean;
  /** Settles with the step before: steps run one after the other. */
  tail: Promise<void>;
}

/** Which sequences of routes are copied: each as a whole, or not at all. */
export class ShadowSequences {
  readonly #copied = new Map<string, CopiedSequence>();

  /** Of a step. `chosen`: whether one that begins is to be copied. Undefined where it is not. */
  of(route: string, { id, start, end }: SequenceControl, chosen: () => boolean): CopiedSequence | undefined {
    const key = sequenceKey(route, id);
    const known = this.#copied.get(key);
    this.#copied.delete(key);
    const sequence = start ? (chosen() ? beginOther(id) : undefined) : known;
    if (sequence === undefined || end) return sequence;
    this.#copied.set(key, sequence);
    const [oldest] = this.#copied.keys();
    if (this.#copied.size > MAX_SEQUENCES && oldest !== undefined) this.#copied.delete(oldest);
    return sequence;
  }
}

/** Text for text, and a number that fits where the caller's does. */
function beginOther(id: string | bigint): CopiedSequence {
  return { id: typeof id === 'string' ? randomUUID() : otherNumber(id), isBroken: false, tail: Promise.resolve() };
}

function otherNumber(id: bigint): bigint {
  const low = BigInt(randomInt(SMALL_FROM, SMALL_TO));
  return id < SMALL_TO ? low : (low << 31n) | BigInt(randomInt(SMALL_TO));
}
