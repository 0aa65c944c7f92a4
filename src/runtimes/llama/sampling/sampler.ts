import { MillraceError } from '../../../core/index.js';
import type { LlamaContext } from '../library/context.js';
import type { Pointer } from '../library/functions.js';
import type { Library } from '../library/open.js';
import type { Grammar } from './grammar.js';
import { mostProbable } from './logprobs.js';
import type { GenerationOptions, SamplingOptions } from './options.js';
import { Repetitions } from './repetitions.js';

type ChoiceOptions = SamplingOptions & Pick<GenerationOptions, 'minTokens'>;

/** What else a choice depends on. */
interface Around {
  readonly prompt: ArrayLike<number>;
  readonly grammar: Grammar | undefined;
  readonly vocabularySize: number;
  /** Tokens that do not come before `minTokens` have. */
  readonly endTokens: readonly number[];
  readonly pieceOf: (token: number) => Uint8Array;
}

/** What a token is chosen by. */
interface Choice {
  readonly logits: Float32Array;
  readonly untilMs: number;
}

/** Most probable tokens by which Mirostat 1 judges the text; llama.cpp's own. */
const MIROSTAT_TOKENS = 100;

/** Chooses the tokens of one sequence. */
export class Sampler {
  readonly #library: Library;
  readonly #options: ChoiceOptions;
  readonly #vocabularySize: number;
  readonly #endTokens: readonly number[];
  #count = 0;
  #grammar: Grammar | undefined;
  /** Of llama.cpp; undefined = the most probable token is taken. */
  readonly #chain: Pointer | undefined;
  /** How often each token was generated; 0 = it was in the prompt. */
  readonly #seen: Map<number, number> | undefined;
  readonly #repetitions: Repetitions | undefined;

  /** `grammar`: of the text; undefined = it may be anything. */
  constructor(library: Library, options: ChoiceOptions, around: Around) {
    const { prompt, grammar, vocabularySize, endTokens } = around;
    this.#library = library;
    this.#options = options;
    this.#grammar = grammar;
    this.#vocabularySize = vocabularySize;
    this.#endTokens = endTokens;
    const { frequencyPenalty, presencePenalty, repetitionPenalty } = options;
    if (frequencyPenalty !== 0 || presencePenalty !== 0 || repetitionPenalty !== 1) {
      this.#seen = new Map();
      if (repetitionPenalty !== 1) for (const token of Array.from(prompt)) this.#seen.set(token, 0);
    }
    if (options.dryMultiplier > 0) this.#repetitions = new Repetitions(options, breakerOf(options, around), prompt);
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
    this.#count++;
    this.#repetitions?.accept(token);
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
    const { frequencyPenalty, presencePenalty, repetitionPenalty, logitBias, minTokens } = this.#options;
    for (const [token, count] of this.#seen ?? []) {
      let logit = logits[token] as number;
      if (repetitionPenalty !== 1) logit = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
      if (count > 0) logit -= count * frequencyPenalty + presencePenalty;
      logits[token] = logit;
    }
    this.#repetitions?.penalise(logits);
    for (const [token, bias] of logitBias) logits[token] = (logits[token] as number) + bias;
    if (this.#count >= minTokens) return;
    for (const token of this.#endTokens) logits[token] = Number.NEGATIVE_INFINITY;
  }

  #createChain(): Pointer {
    const { topK, topP, minP, typicalP, temperature } = this.#options;
    const library = this.#library;
    const seed = seedOf(this.#options.seed);
    const chain = library.llama_sampler_chain_init({ no_perf: true });
    const add = (sampler: Pointer) => {
      if (sampler === null) throw new MillraceError('internal', 'llama.cpp did not make a sampler');
      library.llama_sampler_chain_add(chain, sampler);
    };
    const mirostat = this.#createMirostat(seed);
    if (mirostat !== undefined) {
      add(library.llama_sampler_init_temp(temperature));
      add(mirostat);
      return chain;
    }
    // In llama.cpp's order.
    if (topK > 0) add(library.llama_sampler_init_top_k(topK));
    if (typicalP < 1) add(library.llama_sampler_init_typical(typicalP, 1));
    if (topP < 1) add(library.llama_sampler_init_top_p(topP, 1));
    if (minP > 0) add(library.llama_sampler_init_min_p(minP, 1));
    const { xtcProbability, xtcThreshold } = this.#options;
    if (xtcProbability > 0) add(library.llama_sampler_init_xtc(xtcProbability, xtcThreshold, 1, seed));
    add(library.llama_sampler_init_temp(temperature));
    add(library.llama_sampler_init_dist(seed));
    return chain;
  }

  /** Chooses, too, so that nothing follows it; undefined = it is not asked for. */
  #createMirostat(seed: number): Pointer | undefined {
    const { mirostat, mirostatTau: tau, mirostatEta: eta } = this.#options;
    const library = this.#library;
    if (mirostat === 1) {
      return library.llama_sampler_init_mirostat(this.#vocabularySize, seed, tau, eta, MIROSTAT_TOKENS);
    }
    return mirostat === 2 ? library.llama_sampler_init_mirostat_v2(seed, tau, eta) : undefined;
  }
}

/** Whether the text of a token ends a sequence; looked up once for each token that comes. */
function breakerOf({ drySequenceBreakers: texts }: ChoiceOptions, { pieceOf }: Around): (token: number) => boolean {
  const known = new Map<number, boolean>();
  return (token) => {
    let breaks = known.get(token);
    if (breaks === undefined) {
      const piece = Buffer.from(pieceOf(token)).toString();
      breaks = texts.some((text) => piece.includes(text));
      known.set(token, breaks);
    }
    return breaks;
  };
}

/** llama.cpp takes 32 bits, and the highest number for one of its own. */
function seedOf(seed: number | undefined): number {
  if (seed === undefined) return Math.floor(Math.random() * 0xffff_ffff);
  return ((seed % 0xffff_ffff) + 0xffff_ffff) % 0xffff_ffff;
}
