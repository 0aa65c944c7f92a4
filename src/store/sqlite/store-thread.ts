import { Worker } from 'node:worker_threads';
import { type Clock, MillraceError, type Timer, toMillraceError } from '../../core/index.js';
import { fromFault } from './faults.js';
import type { StoreReply, StoreRequest, ThreadMessage, ThreadSetup } from './messages.js';
import type { InputOf, OperationName, OutputOf } from './operations.js';

/** Requests that wait for those before them. */
const MAX_WAITING = 1_000;
/** Written in one transaction at most. */
const MAX_GROUP = 256;
/** A disk that takes longer for a group is taken for dead until it answers. */
const STALLED_MS = 30_000;
const ENTRY = new URL('./thread-main.js', import.meta.url).href;

interface Pending {
  readonly request: StoreRequest;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: MillraceError) => void;
}

/**
 * The thread in which the store runs, since its library waits for the disk. It starts with the first request. While it answers, requests
 * gather, and are sent together: so many that wait cost one write to the disk (group commit).
 */
export class StoreThread {
  readonly #setup: ThreadSetup;
  readonly #clock: Clock;
  readonly #startThread: StartThread;
  readonly #waiting: Pending[] = [];
  #running: readonly Pending[] = [];
  #thread: Worker | undefined;
  #watch: Timer | undefined;
  #isStalled = false;
  #isClosing = false;
  #onIdle: (() => void) | undefined;

  constructor(setup: ThreadSetup, clock: Clock, startThread: StartThread = startWorker) {
    this.#setup = setup;
    this.#clock = clock;
    this.#startThread = startThread;
  }

  request<Name extends OperationName>(name: Name, input: InputOf<Name>): Promise<OutputOf<Name>> {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal();
      if (refusal !== undefined) return reject(refusal);
      // The thread answers a request with what its operation gives.
      this.#waiting.push({ request: { name, input }, resolve: resolve as (output: unknown) => void, reject });
      this.#next();
    });
  }

  /** Answers what has been asked for, and ends the thread. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#running.length > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    const thread = this.#thread;
    if (thread === undefined) return;
    this.#thread = undefined;
    const ended = new Promise((resolve) => thread.once('exit', resolve));
    // What is stuck in the system cannot be ended, and keeps nothing of ours.
    if (this.#isStalled) return;
    thread.ref();
    this.#post(thread, 'close');
    await ended;
  }

  #refusal(): MillraceError | undefined {
    const { path } = this.#setup;
    if (this.#isClosing) return new MillraceError('unavailable', 'the server is shutting down');
    if (this.#isStalled) return new MillraceError('unavailable', this.#stallMessage());
    if (this.#waiting.length < MAX_WAITING) return undefined;
    const message = `${MAX_WAITING} requests wait for the store '${path}' already; try again later`;
    return new MillraceError('unavailable', message, { retryAfterMs: 1_000 });
  }

  #stallMessage(): string {
    return `the disk of the store '${this.#setup.path}' has not answered for ${STALLED_MS} ms; what is asked of the store is refused until it does`;
  }

  #next(): void {
    if (this.#running.length > 0 || this.#isStalled) return;
    if (this.#waiting.length === 0) {
      this.#thread?.unref();
      this.#onIdle?.();
      return;
    }
    this.#running = this.#waiting.splice(0, MAX_GROUP);
    this.#thread ??= this.#start();
    this.#thread.ref();
    this.#watch = this.#clock.setTimer(STALLED_MS, () => this.#stall());
    try {
      this.#post(
        this.#thread,
        this.#running.map(({ request }) => request),
      );
    } catch (error) {
      // Something that cannot be copied.
      this.#fail(toMillraceError(error));
    }
  }

  #post(thread: Worker, message: ThreadMessage): void {
    thread.postMessage(message);
  }

  #start(): Worker {
    const thread = this.#startThread(this.#setup);
    let fault: Error | undefined;
    thread.on('message', (replies: readonly StoreReply[]) => this.#settle(replies));
    thread.on('error', (error: Error) => {
      fault = error;
    });
    thread.on('exit', (code) => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      const message = `the thread of the store '${this.#setup.path}' has ended; what it was writing may be stored or not`;
      const cause = fault ?? new Error(`it ended with code ${code}`);
      this.#fail(new MillraceError('unavailable', message, { cause }));
    });
    return thread;
  }

  #settle(replies: readonly StoreReply[]): void {
    const running = this.#end();
    for (const [index, { resolve, reject }] of running.entries()) {
      const reply = replies[index];
      if (reply !== undefined && 'output' in reply) resolve(reply.output);
      else if (reply !== undefined) reject(fromFault(reply.fault));
    }
    this.#next();
  }

  #fail(error: MillraceError): void {
    for (const { reject } of this.#end()) reject(error);
    this.#next();
  }

  /** What was running is not any more. */
  #end(): readonly Pending[] {
    const running = this.#running;
    this.#running = [];
    this.#isStalled = false;
    this.#watch?.clear();
    return running;
  }

  #stall(): void {
    this.#isStalled = true;
    const error = new MillraceError('unavailable', this.#stallMessage());
    for (const { reject } of [...this.#running, ...this.#waiting.splice(0)]) reject(error);
    this.#running = [];
    this.#thread?.unref();
    this.#onIdle?.();
  }
}

export type StartThread = (setup: ThreadSetup) => Worker;

function startWorker(setup: ThreadSetup): Worker {
  return new Worker(built(ENTRY), { name: 'millrace-store', execArgv: [], workerData: setup });
}

/** Where the entry was built; tests run the sources, which threads cannot. */
function built(entry: string): URL {
  return new URL(import.meta.url.endsWith('.ts') ? entry.replace('/src/store/', '/dist/store/') : entry);
}
