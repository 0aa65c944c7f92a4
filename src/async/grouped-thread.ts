import type { Worker } from 'node:worker_threads';
import { type Clock, MillraceError, type Timer, toMillraceError } from '../core/index.js';
import type { GroupMessage, Reply } from './messages.js';

/** Requests that wait for those before them. */
const MAX_WAITING = 1_000;
/** Answered together at most. */
const MAX_GROUP = 256;
/** A disk that takes longer for a group is taken for dead until it answers. */
const STALLED_MS = 30_000;

export interface GroupedThreadOptions<Fault> {
  /** What it keeps, for errors: `the store '/s.db'`. */
  readonly subject: string;
  readonly clock: Clock;
  readonly start: () => Worker;
  readonly toError: (fault: Fault) => MillraceError;
  /** The thread has said something that it was not asked: any message that is no list. */
  readonly onNotice?: (notice: unknown) => void;
}

interface Pending<Request> {
  readonly request: Request;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: MillraceError) => void;
}

/**
 * A thread for what waits for the disk. It starts with the first request. While it answers, requests gather, and are sent together: so
 * many that wait cost one write to the disk (group commit). Its entry calls `answerGroups`.
 */
export class GroupedThread<Request, Fault> {
  readonly #options: GroupedThreadOptions<Fault>;
  readonly #waiting: Pending<Request>[] = [];
  #running: readonly Pending<Request>[] = [];
  #thread: Worker | undefined;
  #watch: Timer | undefined;
  #isStalled = false;
  /** The thread has answered; what that makes callers request belongs to the next group. */
  #isGathering = false;
  #isClosing = false;
  #onIdle: (() => void) | undefined;

  constructor(options: GroupedThreadOptions<Fault>) {
    this.#options = options;
  }

  /** Resolves with what the thread puts out; rejects with its fault, or `unavailable` where it cannot be asked. */
  request(request: Request): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal();
      if (refusal !== undefined) return reject(refusal);
      this.#waiting.push({ request, resolve, reject });
      this.#next();
    });
  }

  /** Answers what has been asked for, and ends the thread. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#running.length > 0 || this.#isGathering) await new Promise<void>((resolve) => (this.#onIdle = resolve));
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
    const { subject } = this.#options;
    if (this.#isClosing) return new MillraceError('unavailable', 'the server is shutting down');
    if (this.#isStalled) return new MillraceError('unavailable', this.#stallMessage());
    if (this.#waiting.length < MAX_WAITING) return undefined;
    const message = `${MAX_WAITING} requests wait for ${subject} already; try again later`;
    return new MillraceError('unavailable', message, { retryAfterMs: 1_000 });
  }

  #stallMessage(): string {
    return `the disk of ${this.#options.subject} has not answered for ${STALLED_MS} ms; what needs it is refused until it does`;
  }

  #next(): void {
    if (this.#running.length > 0 || this.#isGathering || this.#isStalled) return;
    if (this.#waiting.length === 0) {
      this.#thread?.unref();
      this.#onIdle?.();
      return;
    }
    this.#running = this.#waiting.splice(0, MAX_GROUP);
    this.#thread ??= this.#start();
    this.#thread.ref();
    this.#watch = this.#options.clock.setTimer(STALLED_MS, () => this.#stall());
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

  #post(thread: Worker, message: GroupMessage<Request>): void {
    thread.postMessage(message);
  }

  #start(): Worker {
    const thread = this.#options.start();
    let fault: Error | undefined;
    thread.on('message', (message: unknown) => {
      // The thread replies with a list.
      if (Array.isArray(message)) this.#settle(message as readonly Reply<Fault>[]);
      else this.#options.onNotice?.(message);
    });
    thread.on('error', (error: Error) => {
      fault = error;
    });
    thread.on('exit', (code) => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      const message = `the thread of ${this.#options.subject} has ended; what it was writing may be stored or not`;
      const cause = fault ?? new Error(`it ended with code ${code}`);
      this.#fail(new MillraceError('unavailable', message, { cause }));
    });
    return thread;
  }

  #settle(replies: readonly Reply<Fault>[]): void {
    const running = this.#end();
    for (const [index, { resolve, reject }] of running.entries()) {
      const reply = replies[index];
      if (reply !== undefined && 'output' in reply) resolve(reply.output);
      else if (reply !== undefined) reject(this.#options.toError(reply.fault));
    }
    // Not at once: a group without the callers that have just been answered would cost a write of its own.
    this.#isGathering = true;
    setImmediate(() => {
      this.#isGathering = false;
      this.#next();
    });
  }

  #fail(error: MillraceError): void {
    for (const { reject } of this.#end()) reject(error);
    this.#next();
  }

  /** What was running is not any more. */
  #end(): readonly Pending<Request>[] {
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
