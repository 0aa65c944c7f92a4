import { invalidArgument, MillraceError } from '../../../core/index.js';
import type { Pointer } from '../library/functions.js';
import type { Library } from '../library/open.js';
import type { Weights } from '../library/weights.js';
import { Candidates } from './candidates.js';

/** So much of a processor the choice of one token may take, in all of its steps. */
const MAX_CHOICE_MS = 2_000;
/**
 * Of that, what one call of llama.cpp may take, which nothing interrupts. Alternatives that begin alike take twice the time with each level of
 * nesting.
 */
const MAX_CALL_MS = 100;
/** So many tokens are checked at a time; between, others may have their turn. */
const PART_TOKENS = 64;

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
  readonly #probe: Candidates;
  /** All tokens of the vocabulary; there from when one is chosen among them. */
  #vocabulary: Candidates | undefined;
  /** Of those, how many have been checked, while one is chosen. */
  #checked = 0;
  /** What the choice has taken so far. */
  #choiceMs = 0;
  /** Tokens that are no text: the grammar would take their names for it. */
  readonly #hidden: readonly number[];

  /** `shown`: tokens that control the model, and are text nevertheless. */
  constructor(library: Library, weights: Weights, { text, shown }: GrammarText) {
    this.#library = library;
    this.#hidden = weights.controlTokens.filter((token) => shown?.has(token) !== true);
    this.#sampler = library.llama_sampler_init_grammar(weights.vocabulary, text, 'root');
    if (this.#sampler === null)
      throw invalidArgument('the schema is not supported: it refers to itself before anything else');
    this.#probe = new Candidates(1);
  }

  /** Takes tokens out of the choice that are no text. */
  hide(logits: Float32Array): void {
    for (const token of this.#hidden) logits[token] = Number.NEGATIVE_INFINITY;
  }

  allows(token: number): boolean {
    this.#choiceMs = 0;
    this.#probe.setOne(token);
    this.#apply(this.#probe);
    return this.#probe.hasAny();
  }

  /** Of what follows a text that has come already; undefined where that is not one of the grammar's, or llama.cpp does not take it. */
  static following(
    library: Library,
    weights: Weights,
    { begun, ...text }: GrammarText & { readonly begun: Int32Array },
  ): Grammar | undefined {
    let grammar: Grammar | undefined;
    try {
      grammar = new Grammar(library, weights, text);
      for (const token of begun) {
        if (!grammar.allows(token)) throw new MillraceError('internal', 'the text is not one of the grammar');
        grammar.accept(token);
      }
      return grammar;
    } catch {
      grammar?.free();
      return undefined;
    }
  }

  /** Begins to choose a token that is allowed, by the logits; {@link choose} does. */
  begin(logits: Float32Array): void {
    this.#vocabulary ??= new Candidates(logits.length);
    this.#vocabulary.setAll(logits);
    this.#checked = 0;
    this.#choiceMs = 0;
  }

  /**
   * The token, where it is known before the thread has computed until `untilMs` (see `Library.threadMs`); else undefined: the next call goes on.
   * `chain` undefined = the most probable one. Throws where there is none: accepting another one would end the process.
   */
  choose(chain: Pointer | undefined, untilMs: number): number | undefined {
    const library = this.#library;
    const candidates = this.#vocabulary as Candidates;
    while (this.#checked < candidates.size) {
      const end = candidates.showPart(this.#checked, PART_TOKENS);
      this.#apply(candidates);
      this.#checked = end;
      if (end < candidates.size && library.threadMs() >= untilMs) return undefined;
    }
    candidates.showPart(0, candidates.size);
    if (!candidates.hasAny()) throw new MillraceError('internal', 'no token of the model fits the grammar');
    const free = chain ?? library.llama_sampler_init_greedy();
    library.llama_sampler_apply(free, candidates.pointer);
    if (chain === undefined) library.llama_sampler_free(free);
    return candidates.selected;
  }

  /** The text goes on with an allowed token; another one would end the process. */
  accept(token: number): void {
    this.#choiceMs = 0;
    this.#limit(() => this.#library.llama_sampler_accept(this.#sampler, token));
  }

  #apply({ pointer }: Candidates): void {
    this.#limit(() => this.#library.llama_sampler_apply(this.#sampler, pointer));
  }

  #limit(work: () => void): void {
    const { threadMs } = this.#library;
    const before = threadMs();
    work();
    const callMs = threadMs() - before;
    this.#choiceMs += callMs;
    if (callMs <= MAX_CALL_MS && this.#choiceMs <= MAX_CHOICE_MS) return;
    throw invalidArgument(
      'the schema is too ambiguous: alternatives that begin alike are nested too deeply in the answer',
    );
  }

  free(): void {
    this.#library.llama_sampler_free(this.#sampler);
    this.#probe.free();
    this.#vocabulary?.free();
  }
}
