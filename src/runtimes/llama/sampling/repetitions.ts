import type { SamplingOptions } from './options.js';

type RepetitionOptions = Pick<SamplingOptions, 'dryMultiplier' | 'dryBase' | 'dryAllowedLength' | 'dryPenaltyLastN'>;

/** The logarithm of what a 32-bit float can hold. */
const LARGEST_LOGARITHM = 88.7;

/**
 * DRY: makes tokens less probable that would go on with a repetition of what a text has had before, as llama.cpp's sampler of that name. That one
 * reads the whole vocabulary for each request, which holds up all others for 0.1 s and more; this one looks at tokens as they come.
 */
export class Repetitions {
  readonly #options: RepetitionOptions;
  readonly #isBreaker: (token: number) => boolean;
  readonly #tokens: number[] = [];
  /** How many of the last tokens end no sequence. */
  #unbroken = 0;

  /** `isBreaker`: of a token that ends a sequence. */
  constructor(options: RepetitionOptions, isBreaker: (token: number) => boolean, prompt: ArrayLike<number>) {
    this.#options = options;
    this.#isBreaker = isBreaker;
    const { dryPenaltyLastN: most } = options;
    const from = most < 0 ? 0 : Math.max(0, prompt.length - most);
    for (let index = from; index < prompt.length; index++) this.accept(prompt[index] as number);
  }

  accept(token: number): void {
    this.#tokens.push(token);
    this.#unbroken = this.#isBreaker(token) ? 0 : this.#unbroken + 1;
  }

  /** Takes off the logits of tokens that would repeat a sequence, in time in proportion to the text. */
  penalise(logits: Float32Array): void {
    const { dryMultiplier, dryBase, dryAllowedLength } = this.#options;
    const most = dryBase > 1 ? LARGEST_LOGARITHM / Math.log(dryBase) : Number.POSITIVE_INFINITY;
    for (const [token, length] of this.#longest()) {
      const penalty = dryMultiplier * dryBase ** Math.min(length - dryAllowedLength, most);
      logits[token] = (logits[token] as number) - penalty;
    }
  }

  /** By token that would go on with a repetition: tokens of the longest one, where they are enough to count. */
  #longest(): ReadonlyMap<number, number> {
    const { dryPenaltyLastN, dryAllowedLength } = this.#options;
    const { length } = this.#tokens;
    const size = dryPenaltyLastN < 0 ? length : Math.min(length, dryPenaltyLastN);
    const limit = Math.min(this.#unbroken, size);
    const longest = new Map<number, number>();
    if (limit < dryAllowedLength) return longest;
    const tokenBack = (back: number) => this.#tokens[length - 1 - back] as number;
    const alike = suffixLengths(tokenBack, size);
    for (let back = 1; back < size; back++) {
      const repeated = Math.min(alike[back] as number, limit);
      if (repeated < dryAllowedLength) continue;
      const next = tokenBack(back - 1);
      longest.set(next, Math.max(longest.get(next) ?? 0, repeated));
    }
    return longest;
  }
}

/** How many tokens before each place are those before the end, by the Z algorithm on the reversed text. */
function suffixLengths(tokenBack: (back: number) => number, size: number): Int32Array {
  const lengths = new Int32Array(size);
  let from = 0;
  let to = 0;
  for (let back = 1; back < size; back++) {
    let length = back < to ? Math.min(to - back, lengths[back - from] as number) : 0;
    while (back + length < size && tokenBack(length) === tokenBack(back + length)) length++;
    lengths[back] = length;
    if (back + length <= to) continue;
    from = back;
    to = back + length;
  }
  return lengths;
}
