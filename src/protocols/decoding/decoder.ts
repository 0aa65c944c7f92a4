import { Worker } from 'node:worker_threads';
import { type Call, type Clock, type ErrorCode, MillraceError, type Timer } from '../../core/index.js';
import type { DecodeFunction, DecodeJob, DecodeReply } from './jobs.js';

/** The thread ends when it has had nothing to do for so long: it holds about 10 MB. */
const IDLE_MS = 60_000;
const ENTRY = built(new URL('./thread-main.js', import.meta.url).href);

interface Waiting {
  readonly job: DecodeJob;
  /** Memory of the job that the thread gets without a copy. */
  readonly moved: readonly ArrayBuffer[];
  readonly settle: (reply: DecodeReply) => void;
}

/**
 * Decodes large requests in a thread, one after the other, so that no body holds up the event loop. The thread starts with the first
 * such request and ends a minute after the last one.
 */
export class Decoder {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #thread: Worker | undefined;
  #running: Waiting | undefined;
  #idle: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Rejects with what the function throws, and as soon as the call is cancelled. The memory of `moves` is
   * gone afterwards; everything else is copied.
   */
  decode<Input, Result>(
    call: Call,
    { module, name }: DecodeFunction<Input, Result>,
    { input, moves = [] }: { readonly input: Input; readonly moves?: readonly Uint8Array[] },
  ): Promise<Result> {
    const buffers = moves.map(({ buffer }) => buffer);
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        job: { module: built(module), name, input },
        moved: buffers.filter((buffer) => buffer instanceof ArrayBuffer),
        settle: (reply) => {
          if (call.cancelled !== undefined) return;
          call.onCancel(undefined);
          if ('result' in reply) resolve(reply.result as Result);
          else reject(toError(reply));
        },
      };
      this.#waiting.add(waiting);
      call.onCancel((reason) => {
        this.#waiting.delete(waiting);
        reject(reason);
      });
      this.#next();
    });
  }

  /** Refuses what is not decoded yet, and ends the thread. */
  async close(): Promise<void> {
    this.#idle?.clear();
    const refused = [this.#running, ...this.#waiting];
    this.#running = undefined;
    this.#waiting.clear();
    const fault = new MillraceError('unavailable', 'the server is shutting down');
    for (const waiting of refused) waiting?.settle({ fault });
    await this.#stop();
  }

  async #stop(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #next(): void {
    if (this.#running !== undefined) return;
    const [waiting] = this.#waiting;
    this.#idle?.clear();
    if (waiting === undefined) {
      if (this.#thread !== undefined) this.#idle = this.#clock.setTimer(IDLE_MS, () => void this.#stop());
      return;
    }
    this.#waiting.delete(waiting);
    this.#running = waiting;
    this.#thread ??= this.#start();
    try {
      this.#thread.postMessage(waiting.job, waiting.moved);
    } catch (fault) {
      // Memory that cannot be moved, say.
      this.#settle({ fault });
    }
  }

  #start(): Worker {
    const thread = new Worker(new URL(ENTRY), { name: 'millrace-decoder', execArgv: [] });
    // An idle server may end without ending the thread first.
    thread.unref();
    let fault: unknown;
    thread.on('message', (reply: DecodeReply) => this.#settle(reply));
    thread.on('error', (error) => {
      fault = error;
    });
    thread.on('exit', (code) => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      this.#settle({ fault: fault ?? new Error(`the decoding thread ended with code ${code}`) });
    });
    return thread;
  }

  #settle(reply: DecodeReply): void {
    const running = this.#running;
    this.#running = undefined;
    running?.settle(reply);
    this.#next();
  }
}

/** Where a module was built; tests run the sources, which threads cannot. */
function built(module: string): string {
  return import.meta.url.endsWith('.ts') ? module.replace('/src/protocols/', '/dist/protocols/') : module;
}

function toError(reply: Exclude<DecodeReply, { readonly result: unknown }>): unknown {
  if ('fault' in reply) return reply.fault;
  return new MillraceError(reply.error.code as ErrorCode, reply.error.message);
}
