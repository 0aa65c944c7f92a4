import koffi from 'koffi';
import { MillraceError } from '../../../core/index.js';
import type { LlamaContext } from '../library/context.js';
import type { Pointer } from '../library/functions.js';
import type { Library } from '../library/open.js';
import type { Weights } from '../library/weights.js';

/** Bytes of a `llama_token_data` and, behind it, a `llama_token_data_array` of that one. */
const PROBE_BYTES = 64;
const ARRAY_AT = 16;

export interface GrammarText {
  /** In llama.cpp's form (GBNF), from its rule `root` on. */
  readonly text: string;
  readonly shown: ReadonlySet<number> | undefined;
}

/**
 * What a text may go on with, by a grammar (GBNF). Asking it for one token costs a hundredth of masking the vocabulary, so a token is chosen
 * freely first, and chosen again among the allowed ones only where the grammar refuses it.
 */
export class Grammar {
  readonly #library: Library;
  readonly #sampler: Pointer;
  readonly #probe: bigint;
  /** Tokens that are no text: the grammar would take their names for it. */
  readonly #hidden: readonly number[];
  readonly #words: Int32Array;
  readonly #floats: Float32Array;

  /** `shown`: tokens that control the model, and are text nevertheless. */
  constructor(library: Library, weights: Weights, { text, shown }: GrammarText) {
    this.#library = library;
    this.#hidden = weights.controlTokens.filter((token) => shown?.has(token) !== true);
    this.#sampler = library.llama_sampler_init_grammar(weights.vocabulary, text, 'root');
    if (this.#sampler === null) throw new MillraceError('internal', 'llama.cpp does not take the grammar');
    this.#probe = koffi.alloc('uint8', PROBE_BYTES) as bigint;
    const memory: ArrayBuffer = koffi.view(this.#probe, PROBE_BYTES);
    this.#words = new Int32Array(memory);
    this.#floats = new Float32Array(memory);
    const array = new BigInt64Array(memory, ARRAY_AT);
    array[0] = this.#probe;
    array[1] = 1n;
  }

  /** Takes tokens out of the choice that are no text. */
  hide(logits: Float32Array): void {
    for (const token of this.#hidden) logits[token] = Number.NEGATIVE_INFINITY;
  }

  allows(token: number): boolean {
    this.#words[0] = token;
    this.#floats[1] = 1;
    this.#floats[2] = 0;
    // None is selected, and they are not sorted.
    this.#words.set([-1, -1, 0], (ARRAY_AT + 16) / 4);
    this.#library.llama_sampler_apply(this.#sampler, this.#probe + BigInt(ARRAY_AT));
    return this.#floats[1] !== Number.NEGATIVE_INFINITY;
  }

  /** Goes on with tokens of a text that has come already; false where it is not one of the grammar's. */
  follow(tokens: Int32Array): boolean {
    return tokens.every((token) => {
      const isAllowed = this.allows(token);
      if (isAllowed) this.accept(token);
      return isAllowed;
    });
  }

  /** A token that is allowed, by the logits at a place in the batch; `chain` undefined = the most probable one. Throws where there is none. */
  choose(context: LlamaContext, index: number, chain: Pointer | undefined): number {
    const library = this.#library;
    const both = library.llama_sampler_chain_init({ no_perf: true });
    library.llama_sampler_chain_add(both, library.llama_sampler_clone(this.#sampler));
    const free = chain === undefined ? library.llama_sampler_init_greedy() : library.llama_sampler_clone(chain);
    library.llama_sampler_chain_add(both, free);
    const token = library.llama_sampler_sample(both, context.pointer, index);
    library.llama_sampler_free(both);
    // Accepting another one would end the process.
    if (!this.allows(token)) throw new MillraceError('internal', 'no token of the model fits the grammar');
    return token;
  }

  /** The text goes on with an allowed token; another one would end the process. */
  accept(token: number): void {
    this.#library.llama_sampler_accept(this.#sampler, token);
  }

  free(): void {
    this.#library.llama_sampler_free(this.#sampler);
    koffi.free(this.#probe);
  }
}
