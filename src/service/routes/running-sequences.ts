import type { Clock } from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import type { ArmChoice } from './arm-choice.js';

/** Sequences that are remembered; the one that was quiet for longest is forgotten first. */
const MAX_SEQUENCES = 100_000;
/** As long as a replaced version waits for its sequences. */
const MAX_IDLE_MS = 600_000;

/** What a sequence runs on; `choice` where a route has chosen it. */
export interface RunsOn {
  readonly info: ModelInfo;
  readonly choice: ArmChoice | undefined;
}

interface Running extends RunsOn {
  readonly usedAt: number;
}

/**
 * Which version the sequences run on that name none, so that each stays there to its end: also when the label or the route that they began
 * with has moved, or is gone.
 */
export class RunningSequences {
  readonly #clock: Clock;
  /** In the order of their last use. */
  readonly #running = new Map<string, Running>();
  /** By the name that callers say: how many there are, and a version that one of them runs on. */
  readonly #names = new Map<string, { count: number; info: ModelInfo }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(name: string, id: string | bigint): RunsOn | undefined {
    const running = this.#running.get(sequenceKey(name, id));
    if (running === undefined) return undefined;
    if (this.#clock.now() - running.usedAt <= MAX_IDLE_MS) return running;
    this.end(name, id);
    return undefined;
  }

  /** A version that a sequence runs on which was begun by this name. */
  exampleOf(name: string): ModelInfo | undefined {
    return this.#names.get(name)?.info;
  }

  keep(name: string, id: string | bigint, { info, choice }: RunsOn): void {
    this.end(name, id);
    this.#running.set(sequenceKey(name, id), { info, choice, usedAt: this.#clock.now() });
    const known = this.#names.get(name);
    if (known === undefined) this.#names.set(name, { count: 1, info });
    else Object.assign(known, { count: known.count + 1, info });
    if (this.#running.size <= MAX_SEQUENCES) return;
    const [oldest] = this.#running.keys();
    if (oldest !== undefined) this.#forget(oldest, oldest.slice(0, oldest.indexOf('\n')));
  }

  end(name: string, id: string | bigint): void {
    this.#forget(sequenceKey(name, id), name);
  }

  #forget(key: string, name: string): void {
    if (!this.#running.delete(key)) return;
    const known = this.#names.get(name);
    if (known === undefined) return;
    known.count -= 1;
    if (known.count === 0) this.#names.delete(name);
  }
}

/** A sequence by the name that callers say. Sequence 1 and sequence '1' are two. No name has a line break. */
export function sequenceKey(name: string, id: string | bigint): string {
  return `${name}\n${typeof id}\n${id}`;
}
