import type { LimitedThread, ThreadProblem } from './limited-thread.js';
import { TurnQueue } from './turn-queue.js';

export interface FairThreadsOptions<Input, Output> {
  /** Most jobs that wait; more are not run. */
  readonly maxWaiting: number;
  readonly threads: readonly JobThread<Input, Output>[];
}

type JobThread<Input, Output> = Pick<LimitedThread<Input, Output>, 'run' | 'ready' | 'close'>;

interface Job<Input, Output> {
  readonly input: Input;
  readonly limitMs: number | undefined;
  readonly isWanted: () => boolean;
  readonly settle: (reply: Output | ThreadProblem) => void;
}

export interface JobOptions {
  /** Whose job it is. */
  readonly tenant: string;
  /** Longest run. Default: the threads' own limit. */
  readonly limitMs?: number;
  /** Whether its output is still wanted when its turn comes. Default: it is. */
  readonly isWanted?: () => boolean;
}

/**
 * A few threads that tenants share fairly: each has one job running at most, so that one tenant never takes all threads, and they take turns where
 * more wait. A thread starts with the first job that finds no other one free.
 */
export class FairThreads<Input, Output> {
  readonly #options: FairThreadsOptions<Input, Output>;
  readonly #waiting: TurnQueue<Job<Input, Output>>;
  readonly #free: JobThread<Input, Output>[];
  readonly #running = new Set<string>();

  constructor(options: FairThreadsOptions<Input, Output>) {
    this.#options = options;
    this.#waiting = new TurnQueue(options.maxWaiting);
    this.#free = [...options.threads];
  }

  /** Jobs that have no answer yet. */
  get pending(): number {
    return this.#waiting.size + this.#running.size;
  }

  /** What a thread answers, or why none does. */
  run(input: Input, { tenant, limitMs, isWanted = () => true }: JobOptions): Promise<Output | ThreadProblem> {
    return new Promise((settle) => {
      const isQueued = this.#waiting.push(tenant, { input, limitMs, isWanted, settle });
      if (!isQueued) settle({ problem: `${this.#options.maxWaiting} others wait already` });
      else this.#next();
    });
  }

  /** Ends the threads, and all jobs with a problem. */
  async close(): Promise<void> {
    for (const { settle } of this.#waiting.clear()) settle({ problem: 'its thread is being closed' });
    await Promise.all(this.#options.threads.map((thread) => thread.close()));
  }

  #next(): void {
    for (;;) {
      const [thread] = this.#free;
      if (thread === undefined) return;
      const next = this.#waiting.take((tenant) => !this.#running.has(tenant));
      if (next === undefined) return;
      const { tenant, job } = next;
      if (!job.isWanted()) {
        job.settle({ problem: 'it is no longer wanted' });
        continue;
      }
      this.#free.shift();
      this.#running.add(tenant);
      void this.#run(thread, job).then(() => {
        this.#running.delete(tenant);
        // In front: those that have not started yet stay so as long as possible.
        this.#free.unshift(thread);
        this.#next();
      });
    }
  }

  /** Resolves when the thread can run another job, which may be later than this one's answer. */
  async #run(thread: JobThread<Input, Output>, { input, limitMs, settle }: Job<Input, Output>): Promise<void> {
    settle(await thread.run(input, limitMs));
    await thread.ready();
  }
}
