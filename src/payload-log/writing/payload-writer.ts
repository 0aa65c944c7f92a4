import type { Worker } from 'node:worker_threads';
import { startThread } from '../../async/index.js';
import { type Clock, type EventBus, messageOf, type Timer } from '../../core/index.js';
import type { PayloadCounts } from '../types.js';
import { CapturedGroup, type EndedPayload } from './capture.js';
import type { PayloadThreadSetup, WriteReply } from './messages.js';

/** Written together at most. */
const MAX_GROUP = 256;
/** Records wait for others so long. */
const GATHER_MS = 200;
/** At shutdown, and before records are read, what waits is written within this time. */
const FLUSH_MS = 3_000;

const ENTRY = new URL('./thread-main.js', import.meta.url).href;

export interface PayloadWriterOptions {
  readonly setup: PayloadThreadSetup;
  readonly maxQueuedBytes: number;
  readonly clock: Clock;
  readonly events: EventBus;
  /** A file is full or old: another one has been begun. */
  readonly onRotated: () => void;
  /** Default: the thread that writes files. */
  readonly start?: (setup: PayloadThreadSetup) => PayloadThread;
}

/** A worker thread, as far as it matters here. */
export interface PayloadThread extends Pick<Worker, 'postMessage' | 'terminate' | 'unref'> {
  on(name: 'message', listener: (reply: WriteReply) => void): unknown;
  on(name: 'error', listener: (error: Error) => void): unknown;
  on(name: 'exit', listener: (code: number) => void): unknown;
}

/**
 * Brings records to the disk by a thread, a group at a time. What waits is bounded: while the disk is slow, stuck or full, further records are
 * dropped and counted, which the log says once. No request waits for it.
 */
export class PayloadWriter {
  readonly #options: PayloadWriterOptions;
  #group: CapturedGroup;
  /** Full groups that wait for the one that is being written. */
  readonly #full: CapturedGroup[] = [];
  #waitingBytes = 0;
  #writing: { readonly count: number; readonly sizeBytes: number } | undefined;
  #thread: PayloadThread | undefined;
  #timer: Timer | undefined;
  #isFailing = false;
  #isClosed = false;
  #written = 0;
  #dropped = 0;
  #onIdle: (() => void)[] = [];

  constructor(options: PayloadWriterOptions) {
    this.#options = options;
    this.#group = new CapturedGroup(options.setup.rules);
  }

  get counts(): PayloadCounts {
    return { written: this.#written, dropped: this.#dropped };
  }

  add(payload: EndedPayload): void {
    if (this.#isClosed || this.#waitingBytes + this.#group.sizeBytes >= this.#options.maxQueuedBytes) {
      this.#dropped++;
      return;
    }
    this.#group.add(payload);
    if (this.#group.count >= MAX_GROUP) this.#closeGroup();
    else if (this.#writing === undefined) {
      this.#timer ??= this.#options.clock.setTimer(GATHER_MS, () => this.#closeGroup());
    }
  }

  /** Resolves with true when what was added is written or dropped; with false where that takes longer than three seconds. */
  async flush(): Promise<boolean> {
    this.#closeGroup();
    if (this.#writing === undefined) return true;
    return new Promise((resolve) => {
      const limit = this.#options.clock.setTimer(FLUSH_MS, () => resolve(false));
      this.#onIdle.push(() => {
        limit.clear();
        resolve(true);
      });
    });
  }

  /** Writes what is left, for three seconds at most, and ends the thread. */
  async close(): Promise<void> {
    const isWritten = await this.flush();
    this.#isClosed = true;
    this.#timer?.clear();
    if (!isWritten) this.#drop((this.#writing?.count ?? 0) + this.#full.reduce((sum, { count }) => sum + count, 0));
    const thread = this.#thread;
    this.#thread = undefined;
    // What is stuck in the system cannot be ended, and keeps nothing of ours.
    const ended = thread?.terminate();
    if (isWritten) await ended;
  }

  #closeGroup(): void {
    this.#timer?.clear();
    this.#timer = undefined;
    if (this.#group.count > 0) {
      this.#full.push(this.#group);
      this.#waitingBytes += this.#group.sizeBytes;
      this.#group = new CapturedGroup(this.#options.setup.rules);
    }
    if (this.#writing === undefined) this.#writeNext();
  }

  #writeNext(): void {
    const group = this.#full.shift();
    if (group === undefined) return;
    const { count, sizeBytes } = group;
    this.#writing = { count, sizeBytes };
    this.#thread ??= this.#start();
    const { request, transfer } = group.close();
    this.#thread.postMessage(request, transfer);
  }

  #start(): PayloadThread {
    const { setup, start = startPayloadThread } = this.#options;
    const thread = start(setup);
    thread.unref();
    let fault: Error | undefined;
    thread.on('message', (reply: WriteReply) => this.#onReply(reply));
    thread.on('error', (error: Error) => {
      fault = error;
    });
    thread.on('exit', (code: number) => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      const reason = fault === undefined ? `code ${code}` : messageOf(fault);
      this.#onReply({ written: 0, hasRotated: false, problem: `the thread that writes it has ended: ${reason}` });
    });
    return thread;
  }

  #onReply({ written, hasRotated, problem }: WriteReply): void {
    const { count, sizeBytes } = this.#writing ?? { count: 0, sizeBytes: 0 };
    this.#writing = undefined;
    this.#waitingBytes -= sizeBytes;
    this.#written += written;
    this.#drop(count - written);
    this.#note(problem);
    if (hasRotated) this.#options.onRotated();
    this.#writeNext();
    if (this.#writing !== undefined) return;
    const idle = this.#onIdle;
    this.#onIdle = [];
    for (const resolve of idle) resolve();
    if (this.#group.count > 0) this.#timer ??= this.#options.clock.setTimer(GATHER_MS, () => this.#closeGroup());
  }

  #drop(records: number): void {
    this.#dropped += records;
  }

  /** What goes on is logged once. */
  #note(problem: string | undefined): void {
    const { events, setup } = this.#options;
    const publish = (level: 'warn' | 'info', message: string) =>
      events.publish('diagnostic', { level, room: 'payload-log', message });
    if (problem !== undefined && !this.#isFailing) {
      publish('warn', `the payload log in '${setup.folder}' cannot be written, records are dropped: ${problem}`);
    } else if (problem === undefined && this.#isFailing) {
      publish('info', `the payload log in '${setup.folder}' is written again; ${this.#dropped} records were dropped`);
    }
    this.#isFailing = problem !== undefined;
  }
}

function startPayloadThread(setup: PayloadThreadSetup): PayloadThread {
  return startThread(ENTRY, { name: 'millrace-payloads', data: setup, maxHeapMb: 128 });
}
