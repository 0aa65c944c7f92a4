import { type CallContext, type Clock, type InferTarget, sequenceKey } from '../core/index.js';
import type { ModelInfo } from '../engine/index.js';
import { OwnerLru } from './owner-lru.js';
import type { Candidate } from './plan.js';

/** Sequences that are remembered. */
const MAX_SEQUENCES = 100_000;
/** As long as a replaced version waits for its sequences. */
const MAX_IDLE_MS = 600_000;

/** A sequence, by the name that its requests say: of a route or a model. */
export interface NamedSequence {
  readonly ownerId: string;
  readonly name: string;
  readonly id: string | bigint;
}

/** The sequence of a request, whose version is remembered: undefined where the caller names the version. */
export function sequenceOf(
  { principal: { ownerId } }: CallContext,
  { name, version }: InferTarget,
  id: NamedSequence['id'],
): NamedSequence | undefined {
  return version === undefined ? { ownerId, name, id } : undefined;
}

interface Running extends Candidate {
  readonly sequence: NamedSequence;
  readonly usedAt: number;
}

/**
 * Which version the sequences run on that name none, so that each stays there to its end: also when the label or the route that they began
 * with has moved, or is gone.
 */
export class RunningSequences {
  readonly #clock: Clock;
  readonly #running = new OwnerLru<Running>(MAX_SEQUENCES);
  /** By owner and name: how many there are, and a version that one of them runs on. */
  readonly #names = new Map<string, { count: number; info: ModelInfo }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(sequence: NamedSequence): Candidate | undefined {
    const running = this.#running.get(sequence.ownerId, keyOf(sequence));
    if (running === undefined) return undefined;
    if (this.#clock.now() - running.usedAt <= MAX_IDLE_MS) return running;
    this.end(sequence);
    return undefined;
  }

  /** A version that runs a sequence which the owner has started by this name. */
  exampleOf(of: Omit<NamedSequence, 'id'>): ModelInfo | undefined {
    return this.#names.get(nameKeyOf(of))?.info;
  }

  keep(sequence: NamedSequence, { info, choice }: Candidate): void {
    this.end(sequence);
    const running = { sequence, info, choice, usedAt: this.#clock.now() };
    const gone = this.#running.set(sequence.ownerId, keyOf(sequence), running);
    const name = nameKeyOf(sequence);
    const known = this.#names.get(name);
    if (known === undefined) this.#names.set(name, { count: 1, info });
    else Object.assign(known, { count: known.count + 1, info });
    if (gone !== undefined) this.#uncount(gone.sequence);
  }

  end(sequence: NamedSequence): void {
    const gone = this.#running.delete(sequence.ownerId, keyOf(sequence));
    if (gone !== undefined) this.#uncount(gone.sequence);
  }

  #uncount(sequence: NamedSequence): void {
    const name = nameKeyOf(sequence);
    const known = this.#names.get(name);
    if (known === undefined) return;
    known.count -= 1;
    if (known.count === 0) this.#names.delete(name);
  }
}

function keyOf({ name, id }: NamedSequence): string {
  return sequenceKey(name, id);
}

/** No name has a line break. */
function nameKeyOf({ ownerId, name }: Omit<NamedSequence, 'id'>): string {
  return `${name}\n${ownerId}`;
}
