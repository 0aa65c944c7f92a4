/** Work on its way, which may be slowed down by other work. */
export interface Task {
  /** Milliseconds that it takes where there are cores enough. */
  remainingMs: number;
  /** Cores that it uses. */
  readonly cores: number;
}

/** Cores that tasks share equally once they ask for more than there are. Time is passed in, milliseconds. */
export class Processors {
  readonly #cores: number;
  readonly #tasks = new Set<Task>();
  #demand = 0;
  #now = 0;
  #coreMs = 0;

  constructor(cores: number) {
    this.#cores = cores;
  }

  /** Core-milliseconds that were used. */
  get usedMs(): number {
    return this.#coreMs;
  }

  start(task: Task): void {
    this.#tasks.add(task);
    this.#demand += task.cores;
  }

  /** When the next task is done if nothing changes until then; Infinity = none runs. */
  get nextEndAt(): number {
    let leastMs = Number.POSITIVE_INFINITY;
    for (const { remainingMs } of this.#tasks) if (remainingMs < leastMs) leastMs = remainingMs;
    return this.#now + leastMs / this.#speed;
  }

  /** Lets time pass, no further than {@link nextEndAt}; returns the tasks that are done then. */
  advance(now: number): readonly Task[] {
    const doneMs = (now - this.#now) * this.#speed;
    this.#coreMs += doneMs * this.#demand;
    this.#now = now;
    const ended: Task[] = [];
    for (const task of this.#tasks) {
      task.remainingMs -= doneMs;
      // Less than a nanosecond is rounding.
      if (task.remainingMs > 1e-6) continue;
      ended.push(task);
      this.#tasks.delete(task);
      this.#demand -= task.cores;
    }
    if (this.#tasks.size === 0) this.#demand = 0;
    return ended;
  }

  /** 1 = as fast as alone. */
  get #speed(): number {
    return this.#demand > this.#cores ? this.#cores / this.#demand : 1;
  }
}
