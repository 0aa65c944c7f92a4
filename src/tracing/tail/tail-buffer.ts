import type { Clock, ErrorCode, Events, Timer } from '../../core/index.js';
import { TokenBucket } from '../context/token-bucket.js';
import { sizeOf } from '../exporting/size-of.js';
import type { EndedInference } from '../spans/inference-spans.js';
import type { Span } from '../spans/span.js';

/** The slowest request of each model in this time is sent. */
const WINDOW_MS = 60_000;
/** Of one request. */
const MAX_INFERENCES = 64;
/** Not mistakes of callers, and not their leaving. */
const FAILURES: ReadonlySet<ErrorCode> = new Set([
  'internal',
  'unavailable',
  'resource_exhausted',
  'deadline_exceeded',
]);

export interface TailOptions {
  /** Of the spans of the slowest requests. */
  readonly maxBytes: number;
  /** Models whose slowest request is kept. */
  readonly maxRequests: number;
  /** Failed requests that are sent in a second. */
  readonly maxPerSecond: number;
}

interface TailSetup {
  readonly options: TailOptions;
  readonly clock: Clock;
  readonly take: (spans: readonly Span[]) => void;
  /** The spans of an inference. */
  readonly make: (inference: EndedInference) => readonly Span[];
}

type EndedRequest = Events['httpFinished'] | Events['grpcFinished'];

interface Slowest {
  readonly durationMs: number;
  readonly spans: readonly Span[];
  readonly sizeBytes: number;
}

/** Requests that were not sampled, of which some are sent once their end is known: those that have failed, and each minute the slowest of each model. */
export class TailBuffer {
  readonly #setup: TailSetup;
  readonly #failures: TokenBucket;
  readonly #slowest = new Map<string, Slowest>();
  #heldBytes = 0;
  #timer: Timer | undefined;

  constructor(setup: TailSetup) {
    this.#setup = setup;
    this.#failures = new TokenBucket(setup.options.maxPerSecond, setup.clock);
  }

  /** Bytes of spans that wait for the end of their minute, about. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Remembered with its request, whose end decides. */
  inferenceEnded(inference: EndedInference): void {
    const { origin } = inference.call;
    const noted = origin.noted as EndedInference[] | undefined;
    if (noted === undefined) origin.noted = [inference];
    else if (noted.length < MAX_INFERENCES) noted.push(inference);
  }

  /** `make`: its own spans. */
  requestEnded<Event extends EndedRequest>(event: Event, make: (event: Event) => readonly Span[]): void {
    const { call, error, durationMs } = event;
    const inferences = call.noted as EndedInference[] | undefined;
    if (inferences === undefined) return;
    call.noted = undefined;
    if (error !== undefined) {
      if (FAILURES.has(error.code) && this.#failures.take()) this.#setup.take(this.#makeAll(inferences, make(event)));
      return;
    }
    const model = (inferences.at(-1) as EndedInference).target.name;
    const before = this.#slowest.get(model);
    if (before !== undefined && durationMs <= before.durationMs) return;
    this.#hold(model, durationMs, this.#makeAll(inferences, make(event)));
  }

  /** Sends what it holds. */
  close(): void {
    this.#timer?.clear();
    this.#send();
  }

  #makeAll(inferences: readonly EndedInference[], spans: readonly Span[]): readonly Span[] {
    return [...spans, ...inferences.flatMap((inference) => this.#setup.make(inference))];
  }

  #hold(model: string, durationMs: number, spans: readonly Span[]): void {
    const { options, clock } = this.#setup;
    const before = this.#slowest.get(model);
    const sizeBytes = spans.reduce((sum, span) => sum + sizeOf(span), 0);
    const heldBytes = this.#heldBytes - (before?.sizeBytes ?? 0) + sizeBytes;
    if (heldBytes > options.maxBytes || (before === undefined && this.#slowest.size >= options.maxRequests)) return;
    this.#heldBytes = heldBytes;
    this.#slowest.set(model, { durationMs, spans, sizeBytes });
    this.#timer ??= clock.setTimer(WINDOW_MS, () => this.#send());
  }

  #send(): void {
    this.#timer = undefined;
    const held = [...this.#slowest.values()];
    this.#slowest.clear();
    this.#heldBytes = 0;
    for (const { spans } of held) this.#setup.take(spans);
  }
}
