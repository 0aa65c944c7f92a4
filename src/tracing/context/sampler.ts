import type { Clock } from '../../core/index.js';
import { TokenBucket } from './token-bucket.js';

const TWO_TO_32 = 4_294_967_296;

export interface SamplerOptions {
  /** Share of new traces that are recorded, 0 to 1. */
  readonly rate: number;
  /** Most new traces that are recorded in a second, on average and in a burst; 0 = none. */
  readonly maxPerSecond: number;
}

/** Decides whether a new trace is recorded: by 32 random bits of its id, and by a token bucket. */
export class Sampler {
  readonly #threshold: number;
  readonly #bucket: TokenBucket;

  constructor({ rate, maxPerSecond }: SamplerOptions, clock: Clock) {
    this.#threshold = thresholdOf(rate);
    this.#bucket = new TokenBucket(maxPerSecond, clock);
  }

  /** `random`: an integer below 2^32, which becomes part of the trace's id. */
  samples(random: number): boolean {
    return random >= this.#threshold && this.#bucket.take();
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
