import { Worker } from 'node:worker_threads';
import { type Call, type Clock, errorOf, MillraceError, type Timer } from '../../../core/index.js';
import { DecodeQueue } from './decode-queue.js';
import type { DecodeFunction, DecodeJob, DecodeReply } from './jobs.js';
import { ownedData } from './owned.js';

/** The thread ends when it has had nothing to do for so long: it holds about 10 MB. */
const IDLE_MS = 60_000;
const ENTRY = built(new URL('./thread-main.js', import.meta.url).href);

interface Waiting {
  readonly job: DecodeJob;
  /** Memory of the job that the thread gets without a copy. */
  readonly moved: readonly ArrayBuffer[];
  readonly settle: (reply: DecodeReply) => void;
}

/** What is to be decoded. */
export interface Undecoded<Input> {
  readonly input: Input;
  /** What of it the thread gets without a copy. It is gone afterwards; everything else is copied. Default: nothing. */
  readonly moves?: readonly Uint8Array[];
  /** How much it is, beside what others have waiting. Default: what is moved. */
  readonly sizeBytes?: number;
}

/**
 * Decodes large requests in a thread, one after the other, so that no body holds up the event loop. Principals take turns. The thread
 * starts with the first such request and ends a minute after the last one.
 */
export class Decoder {
  readonly #clock: Clock;
  readonly #queue = new DecodeQueue<Waiting>();
  #thread: Worker | undefined;
  #running: Waiting | undefined;
  #idle: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Rejects with what the function throws, as soon as the call is cancelled, and with `resource_exhausted` where too much of the call's
   * principal waits.
   */
  decode<Input, Result>(
    call: Call,
    { module, name }: DecodeFunction<Input, Result>,
    { input, moves = [], sizeBytes = moves.reduce((sum, { length }) => sum + length, 0) }: Undecoded<Input>,
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
      const queued = this.#queue.add({ job: waiting, principal: call.principal.name, sizeBytes });
      call.onCancel((reason) => {
        this.#queue.remove(queued);
        reject(reason);
      });
      this.#next();
    });
  }

  /** Decodes a large message of gRPC. The message is gone afterwards, unless it is a view: then the thread gets a copy. Rejects as `decode`. */
  decodeMessage<Input extends { readonly message: Uint8Array }, Result>(
    call: Call,
    decode: DecodeFunction<Input, Result>,
    job: Input,
  ): Promise<Result> {
    const message = ownedData(job.message);
    return this.decode(call, decode, { input: { ...job, message }, moves: [message] });
  }

  /** Refuses what is not decoded yet, and ends the thread. */
  async close(): Promise<void> {
    this.#idle?.clear();
    const fault = new MillraceError('unavailable', 'the server is shutting down');
    const running = this.#running;
    this.#running = undefined;
    running?.settle({ fault });
    for (let next = this.#queue.next(); next !== undefined; next = this.#queue.next()) next.settle({ fault });
    await this.#stop();
  }

  async #stop(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #next(): void {
    if (this.#running !== undefined) return;
    const waiting = this.#queue.next();
    this.#idle?.clear();
    if (waiting === undefined) {
      if (this.#thread !== undefined) this.#idle = this.#clock.setTimer(IDLE_MS, () => void this.#stop());
      return;
    }
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
  return errorOf(reply.error);
}
