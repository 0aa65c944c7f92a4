import { LimitedThread, type LimitedThreadOptions, type ThreadProblem } from './limited-thread.js';

/** Several threads for programs of strangers: a job runs on one that is free, or waits for one in turn. */
export class LimitedThreads<Input, Output> {
  readonly #threads: readonly LimitedThread<Input, Output>[];
  readonly #free: LimitedThread<Input, Output>[];
  readonly #waiting: ((thread: LimitedThread<Input, Output>) => void)[] = [];

  constructor(options: LimitedThreadOptions, count: number) {
    this.#threads = Array.from({ length: count }, () => new LimitedThread(options));
    this.#free = [...this.#threads];
  }

  /** See {@link LimitedThread.run}. */
  async run(input: Input, limitMs?: number): Promise<Output | ThreadProblem> {
    const thread = await this.#take();
    try {
      return await thread.run(input, limitMs);
    } finally {
      // Native code of a job that exceeded its limit cannot be interrupted.
      void thread.ready().then(() => this.#release(thread));
    }
  }

  /** Ends the threads, and all jobs that run with a problem. No job may be waiting. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #take(): Promise<LimitedThread<Input, Output>> {
    const thread = this.#free.shift();
    return thread === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(thread);
  }

  #release(thread: LimitedThread<Input, Output>): void {
    const next = this.#waiting.shift();
    // In front: a thread that has not started yet stays so as long as possible.
    if (next === undefined) this.#free.unshift(thread);
    else next(thread);
  }
}
