import type { Clock } from '../../core/index.js';

const TWO_TO_32 = 4_294_967_296;

export interface SamplerOptions {
  /** Share of new traces that are recorded, 0 to 1. */
  readonly rate: number;
  /** Most new traces that are recorded in a second, on average and in a burst; 0 = none. */
  readonly maxPerSecond: number;
}

/** Decides whether a new trace is recorded: by 32 random bits of its id, and by a token bucket. */
export class Sampler {
  readonly #clock: Clock;
  readonly #threshold: number;
  readonly #maxPerSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #refilledAt: number;

  constructor({ rate, maxPerSecond }: SamplerOptions, clock: Clock) {
    this.#clock = clock;
    this.#threshold = thresholdOf(rate);
    this.#maxPerSecond = maxPerSecond;
    // Less than one trace a second has to add up to one.
    this.#capacity = maxPerSecond === 0 ? 0 : Math.max(1, maxPerSecond);
    this.#tokens = this.#capacity;
    this.#refilledAt = clock.now();
  }

  /** `random`: an integer below 2^32, which becomes part of the trace's id. */
  samples(random: number): boolean {
    return random >= this.#threshold && this.#takeToken();
  }

  #takeToken(): boolean {
    const now = this.#clock.now();
    const refill = ((now - this.#refilledAt) * this.#maxPerSecond) / 1_000;
    this.#tokens = Math.min(this.#capacity, this.#tokens + refill);
    this.#refilledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

/** Traces with at least this number are recorded: OpenTelemetry's rejection threshold, in 32 of its 56 bits. */
export function thresholdOf(rate: number): number {
  return Math.round((1 - rate) * TWO_TO_32);
}

/** 32 random bits for the id of a trace. */
export function randomBits(): number {
  return Math.floor(Math.random() * TWO_TO_32);
}
