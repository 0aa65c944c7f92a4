import type { Worker } from 'node:worker_threads';
import { startThread } from '../../async/index.js';
import { type Clock, type EventBus, messageOf, type Timer } from '../../core/index.js';
import type { Span } from '../spans/span.js';
import type { ExportReply, ExportSetup } from './messages.js';
import { retryDelayMs } from './retry-delay.js';
import { sizeOf } from './size-of.js';

/** Sent in one request at most. */
const MAX_GROUP = 512;
/** Spans wait for others so long. */
const GATHER_MS = 1_000;
/** At shutdown, what is left is sent within this time, or dropped. */
const CLOSE_MS = 3_000;
/** Of the thread: a group of spans lives for as long as it is sent. */
const MAX_HEAP_MB = 32;
const MAX_YOUNG_MB = 2;

const ENTRY = new URL('./thread-main.js', import.meta.url).href;

export interface ExporterOptions {
  readonly setup: ExportSetup;
  readonly maxQueuedBytes: number;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Default: the thread that sends them to the collector. */
  readonly start?: (setup: ExportSetup) => ExportThread;
}

/** A worker thread, as far as it matters here. */
export interface ExportThread extends Pick<Worker, 'postMessage' | 'terminate' | 'unref'> {
  on(name: 'message', listener: (reply: ExportReply) => void): unknown;
  on(name: 'error', listener: (error: Error) => void): unknown;
  on(name: 'exit', listener: (code: number) => void): unknown;
}

/** Spans since the start, by what has become of them. */
export interface SpanCounts {
  readonly exported: number;
  readonly dropped: number;
}

interface Group {
  readonly spans: readonly Span[];
  readonly sizeBytes: number;
  /** How often it has been sent. */
  attempts: number;
}

/**
 * Sends spans to a collector by a thread, a group at a time. What waits is bounded: while the collector is slow or gone, further spans are
 * dropped and counted, which the log says once.
 */
export class SpanExporter {
  readonly #options: ExporterOptions;
  #waiting: Span[] = [];
  #waitingBytes = 0;
  #group: Group | undefined;
  #thread: ExportThread | undefined;
  #timer: Timer | undefined;
  #isFailing = false;
  #exported = 0;
  #dropped = 0;
  #isClosing = false;
  #onIdle: (() => void) | undefined;

  constructor(options: ExporterOptions) {
    this.#options = options;
  }

  get counts(): SpanCounts {
    return { exported: this.#exported, dropped: this.#dropped };
  }

  /** Takes spans of one request: all of them, or none where there is no room. */
  add(spans: readonly Span[]): void {
    const sizeBytes = spans.reduce((sum, span) => sum + sizeOf(span), 0);
    const heldBytes = this.#waitingBytes + (this.#group?.sizeBytes ?? 0);
    if (this.#isClosing || heldBytes + sizeBytes > this.#options.maxQueuedBytes) {
      this.#drop(spans.length);
      return;
    }
    this.#waiting.push(...spans);
    this.#waitingBytes += sizeBytes;
    if (this.#group !== undefined) return;
    if (this.#waiting.length >= MAX_GROUP) this.#sendNext();
    else this.#timer ??= this.#options.clock.setTimer(GATHER_MS, () => this.#sendNext());
  }

  /** Sends what is left, for three seconds at most, and ends the thread. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#group !== undefined || this.#waiting.length > 0) {
      await new Promise<void>((resolve) => {
        const limit = this.#options.clock.setTimer(CLOSE_MS, resolve);
        this.#onIdle = () => {
          limit.clear();
          resolve();
        };
        // What has failed is not tried again at the next opportunity, but now.
        if (this.#timer !== undefined) this.#sendNext();
      });
    }
    this.#timer?.clear();
    this.#drop((this.#group?.spans.length ?? 0) + this.#waiting.length);
    this.#group = undefined;
    this.#waiting = [];
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #sendNext(): void {
    this.#timer?.clear();
    this.#timer = undefined;
    if (this.#group === undefined) {
      const spans = this.#waiting.splice(0, MAX_GROUP);
      const sizeBytes =
        this.#waiting.length === 0 ? this.#waitingBytes : spans.reduce((sum, span) => sum + sizeOf(span), 0);
      this.#waitingBytes -= sizeBytes;
      this.#group = { spans, sizeBytes, attempts: 0 };
    }
    this.#group.attempts++;
    this.#thread ??= this.#start();
    // A text crosses to a thread for less than objects do.
    this.#thread.postMessage(JSON.stringify(this.#group.spans));
  }

  #start(): ExportThread {
    const { setup, start = startExportThread } = this.#options;
    const thread = start(setup);
    // It may wait for a collector that never answers, and must not keep the process alive for it.
    thread.unref();
    let fault: Error | undefined;
    thread.on('message', (reply: ExportReply) => this.#onReply(reply));
    thread.on('error', (error: Error) => {
      fault = error;
    });
    thread.on('exit', (code: number) => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      const reason = fault === undefined ? `code ${code}` : messageOf(fault);
      this.#onReply({ outcome: 'refused', message: `the thread that sends them has ended: ${reason}` });
    });
    return thread;
  }

  #onReply(reply: ExportReply): void {
    const group = this.#group;
    if (group === undefined) return;
    if (reply.outcome === 'taken') {
      const rejected = Math.min(reply.rejected, group.spans.length);
      this.#exported += group.spans.length - rejected;
      this.#drop(rejected);
      if (rejected > 0) this.#fail(`it rejected ${rejected} of ${group.spans.length}: ${reply.message}`);
      else this.#recover();
      this.#end();
      return;
    }
    this.#fail(reply.message);
    const { clock } = this.#options;
    const delayMs = reply.outcome === 'retry' ? retryDelayMs(group.attempts, reply.retryAfterMs) : undefined;
    if (delayMs !== undefined && !this.#isClosing) {
      this.#timer = clock.setTimer(delayMs, () => this.#sendNext());
      return;
    }
    this.#drop(group.spans.length);
    this.#end();
  }

  /** The group is over. */
  #end(): void {
    this.#group = undefined;
    if (this.#waiting.length === 0) this.#onIdle?.();
    else if (this.#isClosing || this.#waiting.length >= MAX_GROUP) this.#sendNext();
    else this.#timer = this.#options.clock.setTimer(GATHER_MS, () => this.#sendNext());
  }

  #drop(spans: number): void {
    this.#dropped += spans;
  }

  #fail(reason: string): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    const { endpoint } = this.#options.setup;
    this.#log('warn', `the OpenTelemetry collector at ${endpoint} does not take spans, some may be lost: ${reason}`);
  }

  #recover(): void {
    if (!this.#isFailing) return;
    this.#isFailing = false;
    const { endpoint } = this.#options.setup;
    this.#log(
      'info',
      `the OpenTelemetry collector at ${endpoint} takes spans again; ${this.#dropped} were lost since the start`,
    );
  }

  #log(level: 'warn' | 'info', message: string): void {
    this.#options.events.publish('diagnostic', { level, room: 'tracing', message });
  }
}

function startExportThread(setup: ExportSetup): ExportThread {
  return startThread(ENTRY, { name: 'millrace-traces', data: setup, maxHeapMb: MAX_HEAP_MB, maxYoungMb: MAX_YOUNG_MB });
}
