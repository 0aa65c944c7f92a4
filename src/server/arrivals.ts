import type { Clock, Timer } from '../core/index.js';
import { HttpError } from './http-error.js';

const MAX_CHECK_INTERVAL_MS = 1_000;
const MIN_CHECK_INTERVAL_MS = 50;

/** How fast bodies have to arrive. */
export interface ArrivalLimits {
  /** 0 = at any rate. */
  readonly minReceiveBytesPerSecond: number;
  /** How long a body may arrive more slowly. */
  readonly receiveGraceMs: number;
}

/** A request whose body arrives. */
export interface Arriving {
  /** Bytes that have come so far. */
  readonly requestBytes: number;
  fail(error: unknown): void;
}

/** The last moment at which a body was on time, and for how long it has been late since. */
interface Pace {
  readonly bytes: number;
  readonly lateMs: number;
}

/**
 * Ends requests whose bodies arrive too slowly. Time counts in checks, not by the clock: bytes that wait while the event loop is busy
 * are not late.
 */
export class Arrivals {
  readonly #clock: Clock;
  readonly #limits: ArrivalLimits;
  readonly #intervalMs: number;
  readonly #arriving = new Map<Arriving, Pace>();
  #timer: Timer | undefined;

  constructor(clock: Clock, limits: ArrivalLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#intervalMs = Math.max(MIN_CHECK_INTERVAL_MS, Math.min(MAX_CHECK_INTERVAL_MS, limits.receiveGraceMs / 2));
  }

  /** Watches a request until {@link forget}. */
  watch(request: Arriving): void {
    if (this.#limits.minReceiveBytesPerSecond === 0) return;
    // Its first interval has begun already.
    this.#arriving.set(request, { bytes: request.requestBytes, lateMs: -this.#intervalMs });
    this.#timer ??= this.#clock.setTimer(this.#intervalMs, () => this.#check());
  }

  forget(request: Arriving): void {
    if (!this.#arriving.delete(request) || this.#arriving.size > 0) return;
    this.#timer?.clear();
    this.#timer = undefined;
  }

  #check(): void {
    this.#timer = undefined;
    const { minReceiveBytesPerSecond: rate, receiveGraceMs } = this.#limits;
    for (const [request, { bytes, lateMs }] of this.#arriving) {
      const expectedBytes = (rate * Math.max(0, lateMs + this.#intervalMs)) / 1_000;
      const isOnTime = request.requestBytes > bytes && request.requestBytes - bytes >= expectedBytes;
      const pace = isOnTime ? { bytes: request.requestBytes, lateMs: 0 } : { bytes, lateMs: lateMs + this.#intervalMs };
      this.#arriving.set(request, pace);
      if (pace.lateMs < receiveGraceMs) continue;
      this.#arriving.delete(request);
      request.fail(tooSlow(this.#limits));
    }
    if (this.#arriving.size > 0) this.#timer = this.#clock.setTimer(this.#intervalMs, () => this.#check());
  }
}

function tooSlow({ minReceiveBytesPerSecond, receiveGraceMs }: ArrivalLimits): HttpError {
  return new HttpError(
    408,
    `the body arrived too slowly: expected at least ${minReceiveBytesPerSecond} bytes per second, got fewer for ${receiveGraceMs} ms`,
  );
}
