import type { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../core/index.js';
import { READY } from './answer-jobs.js';

export interface LimitedThreadOptions {
  readonly clock: Clock;
  /** Its entry answers by {@link answerJobs}. */
  readonly start: () => Worker;
  /** Longest run of one job. */
  readonly limitMs: number;
  /** A job that has waited so long for those before it is not run. Default: no limit. */
  readonly maxWaitMs?: number;
}

/** Why there is no output of a job. */
export interface ThreadProblem {
  readonly problem: string;
}

interface Job<Input, Output> {
  readonly input: Input;
  readonly limitMs: number;
  readonly settle: (reply: Output | ThreadProblem) => void;
  /** Of its wait. */
  patience: Timer | undefined;
}

/**
 * A thread for programs of strangers, which may loop or grow without end: it runs one job after the other, and is ended with one that
 * exceeds its limits. It starts with the first job, and anew with the next one.
 */
export class LimitedThread<Input, Output> {
  readonly #options: LimitedThreadOptions;
  readonly #waiting: Job<Input, Output>[] = [];
  #running: Job<Input, Output> | undefined;
  #thread: Worker | undefined;
  /** A thread that was ended, until it is gone: there are never two, even if one cannot be interrupted. */
  #ending: Promise<unknown> | undefined;
  #limit: Timer | undefined;
  /** The thread has loaded what it needs. */
  #isReady = false;

  constructor(options: LimitedThreadOptions) {
    this.#options = options;
  }

  /** What the thread answers, or why it does not. `limitMs`: of this job; default: that of all. */
  run(input: Input, limitMs = this.#options.limitMs): Promise<Output | ThreadProblem> {
    const { clock, maxWaitMs } = this.#options;
    return new Promise((settle) => {
      const job: Job<Input, Output> = { input, limitMs, settle, patience: undefined };
      if (maxWaitMs !== undefined) job.patience = clock.setTimer(maxWaitMs, () => this.#giveUp(job));
      this.#waiting.push(job);
      this.#next();
    });
  }

  /** Resolves when a job would run at once: native code of one that exceeded its limit cannot be interrupted. */
  async ready(): Promise<void> {
    await this.#ending;
  }

  /** Ends the thread, and all jobs with a problem. Resolves when nothing of it runs any more. */
  async close(): Promise<void> {
    const refused = this.#waiting.splice(0);
    if (this.#running !== undefined) refused.push(this.#running);
    this.#running = undefined;
    this.#limit?.clear();
    for (const { settle, patience } of refused) {
      patience?.clear();
      settle({ problem: 'its thread is being closed' });
    }
    await this.#stop();
    await this.ready();
  }

  #next(): void {
    if (this.#running !== undefined || this.#ending !== undefined) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    job.patience?.clear();
    this.#running = job;
    this.#thread ??= this.#start();
    if (this.#isReady) this.#limitRun(job);
    this.#thread.postMessage(job.input);
  }

  #giveUp(job: Job<Input, Output>): void {
    const at = this.#waiting.indexOf(job);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    job.settle({ problem: `it has waited longer than ${this.#options.maxWaitMs} ms` });
  }

  #limitRun({ limitMs }: Job<Input, Output>): void {
    this.#limit = this.#options.clock.setTimer(limitMs, () => {
      void this.#stop();
      this.#settle({ problem: `it takes longer than ${limitMs} ms` });
    });
  }

  #start(): Worker {
    this.#isReady = false;
    const thread = this.#options.start();
    thread.unref();
    let problem = 'its thread ended';
    thread.on('message', (message: Output | typeof READY) => {
      if (this.#thread !== thread) return;
      if (message !== READY) {
        this.#settle(message);
        return;
      }
      this.#isReady = true;
      // How long a busy machine takes to start it says nothing of the job.
      if (this.#running !== undefined) this.#limitRun(this.#running);
    });
    thread.on('error', (error) => {
      problem = error.message;
    });
    thread.on('exit', () => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      this.#settle({ problem });
    });
    return thread;
  }

  async #stop(): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined) return;
    this.#thread = undefined;
    this.#ending = thread.terminate();
    await this.#ending;
    this.#ending = undefined;
    this.#next();
  }

  #settle(reply: Output | ThreadProblem): void {
    this.#limit?.clear();
    const running = this.#running;
    this.#running = undefined;
    running?.settle(reply);
    this.#next();
  }
}
