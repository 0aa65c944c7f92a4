import { MillraceError } from '../../../core/index.js';
import type { LlamaContext } from '../library/context.js';
import type { Pointer } from '../library/functions.js';
import type { Library } from '../library/open.js';
import type { Grammar } from './grammar.js';
import { mostProbable } from './logprobs.js';
import type { SamplingOptions } from './options.js';

/** What else a choice depends on. */
interface Around {
  readonly prompt: ArrayLike<number>;
  readonly grammar: Grammar | undefined;
}

/** What a token is chosen by. */
interface Choice {
  readonly logits: Float32Array;
  readonly untilMs: number;
}

/** Chooses the tokens of one sequence. */
export class Sampler {
  readonly #library: Library;
  readonly #options: SamplingOptions;
  #grammar: Grammar | undefined;
  /** Of llama.cpp; undefined = the most probable token is taken. */
  readonly #chain: Pointer | undefined;
  /** How often each token was generated; 0 = it was in the prompt. */
  readonly #seen: Map<number, number> | undefined;

  /** `grammar`: of the text; undefined = it may be anything. */
  constructor(library: Library, options: SamplingOptions, { prompt, grammar }: Around) {
    this.#library = library;
    this.#options = options;
    this.#grammar = grammar;
    const { frequencyPenalty, presencePenalty, repetitionPenalty } = options;
    if (frequencyPenalty !== 0 || presencePenalty !== 0 || repetitionPenalty !== 1) {
      this.#seen = new Map();
      if (repetitionPenalty !== 1) for (const token of Array.from(prompt)) this.#seen.set(token, 0);
    }
    this.#chain = options.temperature === 0 ? undefined : this.#createChain();
  }

  /**
   * The next token, by the logits at a place in the batch; they are changed by that. undefined = it takes longer than until `untilMs` (see
   * `Library.threadMs`), and {@link resume} goes on.
   */
  choose(context: LlamaContext, index: number, { logits, untilMs }: Choice): number | undefined {
    this.#adjust(logits);
    this.#grammar?.hide(logits);
    const free =
      this.#chain === undefined
        ? mostProbable(logits)
        : this.#library.llama_sampler_sample(this.#chain, context.pointer, index);
    if (this.#grammar === undefined || this.#grammar.allows(free)) return this.#chosen(free);
    this.#grammar.begin(logits);
    return this.resume(untilMs);
  }

  /** Goes on with a choice that took too long. */
  resume(untilMs: number): number | undefined {
    const token = this.#grammar?.choose(this.#chain, untilMs);
    return token === undefined ? undefined : this.#chosen(token);
  }

  #chosen(token: number): number {
    this.#seen?.set(token, (this.#seen.get(token) ?? 0) + 1);
    return token;
  }

  /** The text goes on with a token that was chosen, and that does not end it. */
  accept(token: number): void {
    this.#grammar?.accept(token);
  }

  /** What the text goes on with has to be of a grammar; undefined = may be anything again. */
  constrain(grammar: Grammar | undefined): void {
    this.#grammar?.free();
    this.#grammar = grammar;
  }

  free(): void {
    this.constrain(undefined);
    if (this.#chain !== undefined) this.#library.llama_sampler_free(this.#chain);
  }

  #adjust(logits: Float32Array): void {
    const { frequencyPenalty, presencePenalty, repetitionPenalty, logitBias } = this.#options;
    for (const [token, count] of this.#seen ?? []) {
      let logit = logits[token] as number;
      if (repetitionPenalty !== 1) logit = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
      if (count > 0) logit -= count * frequencyPenalty + presencePenalty;
      logits[token] = logit;
    }
    for (const [token, bias] of logitBias) logits[token] = (logits[token] as number) + bias;
  }

  #createChain(): Pointer {
    const { topK, topP, minP, temperature, seed } = this.#options;
    const library = this.#library;
    const chain = library.llama_sampler_chain_init({ no_perf: true });
    const add = (sampler: Pointer) => {
      if (sampler === null) throw new MillraceError('internal', 'llama.cpp did not make a sampler');
      library.llama_sampler_chain_add(chain, sampler);
    };
    if (topK > 0) add(library.llama_sampler_init_top_k(topK));
    if (topP < 1) add(library.llama_sampler_init_top_p(topP, 1));
    if (minP > 0) add(library.llama_sampler_init_min_p(minP, 1));
    add(library.llama_sampler_init_temp(temperature));
    add(library.llama_sampler_init_dist(seedOf(seed)));
    return chain;
  }
}

/** llama.cpp takes 32 bits, and the highest number for one of its own. */
function seedOf(seed: number | undefined): number {
  if (seed === undefined) return Math.floor(Math.random() * 0xffff_ffff);
  return ((seed % 0xffff_ffff) + 0xffff_ffff) % 0xffff_ffff;
}
