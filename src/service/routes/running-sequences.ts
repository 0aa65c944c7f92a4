import type { Clock } from '../../core/index.js';
import type { ArmChoice } from './arm-choice.js';

/** Sequences that are remembered; the one that was quiet for longest is forgotten first. */
const MAX_SEQUENCES = 100_000;
/** As long as a replaced version waits for its sequences. */
const MAX_IDLE_MS = 600_000;

interface Running {
  readonly choice: ArmChoice;
  readonly usedAt: number;
}

/** Which arm the sequences of routes run on, so that each stays there to its end. */
export class RunningSequences {
  readonly #clock: Clock;
  /** In the order of their last use. */
  readonly #running = new Map<string, Running>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(route: string, id: string | bigint): ArmChoice | undefined {
    const key = keyOf(route, id);
    const running = this.#running.get(key);
    if (running === undefined) return undefined;
    if (this.#clock.now() - running.usedAt <= MAX_IDLE_MS) return running.choice;
    this.#running.delete(key);
    return undefined;
  }

  keep(route: string, id: string | bigint, choice: ArmChoice): void {
    const key = keyOf(route, id);
    this.#running.delete(key);
    this.#running.set(key, { choice, usedAt: this.#clock.now() });
    if (this.#running.size <= MAX_SEQUENCES) return;
    const [oldest] = this.#running.keys();
    if (oldest !== undefined) this.#running.delete(oldest);
  }

  end(route: string, id: string | bigint): void {
    this.#running.delete(keyOf(route, id));
  }
}

/** Sequence 1 and sequence '1' are two. */
function keyOf(route: string, id: string | bigint): string {
  return `${route}\n${typeof id}\n${id}`;
}
