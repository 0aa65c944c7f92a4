import koffi from 'koffi';
import { invalidArgument, MillraceError } from '../../../core/index.js';
import type { Pointer } from '../library/functions.js';
import type { Library } from '../library/open.js';
import type { Weights } from '../library/weights.js';

/** Bytes of a `llama_token_data` and, behind it, a `llama_token_data_array` of that one. */
const PROBE_BYTES = 64;
const ARRAY_AT = 16;

/** Bytes of a `llama_token_data_array`, with what is behind it up to the next multiple of 16, and of a `llama_token_data`. */
const ARRAY_BYTES = 32;
const CANDIDATE_BYTES = 12;
const SELECTED_AT = 16;

/** Alternatives that begin alike take twice the time with each level of nesting; all requests of the model wait meanwhile. */
const MAX_STEP_MS = 250;

function limitTime(before: NodeJS.CpuUsage): void {
  const { user, system } = process.cpuUsage(before);
  if ((user + system) / 1_000 <= MAX_STEP_MS) return;
  throw invalidArgument(
    'the schema is too ambiguous: alternatives that begin alike are nested too deeply in the answer',
  );
}

function hasCandidate(values: Float32Array): boolean {
  for (let at = 1; at < values.length; at += 3) if (values[at] !== Number.NEGATIVE_INFINITY) return true;
  return false;
}

/** All tokens with their logits: a `llama_token_data_array`, and what it points to behind it. */
function writeCandidates(bytes: ArrayBuffer, address: bigint, logits: Float32Array) {
  const head = new BigInt64Array(bytes, 0, ARRAY_BYTES / 8);
  // None is selected, and they are not sorted.
  head.set([address + BigInt(ARRAY_BYTES), BigInt(logits.length), -1n, 0n]);
  const ids = new Int32Array(bytes, ARRAY_BYTES);
  const values = new Float32Array(bytes, ARRAY_BYTES);
  for (let token = 0; token < logits.length; token++) {
    ids[token * 3] = token;
    values[token * 3 + 1] = logits[token] as number;
    values[token * 3 + 2] = 0;
  }
  return { ids, values };
}

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
    if (this.#sampler === null)
      throw invalidArgument('the schema is not supported: it refers to itself before anything else');
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
    this.#apply(this.#probe + BigInt(ARRAY_AT));
    return this.#floats[1] !== Number.NEGATIVE_INFINITY;
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

  /**
   * A token that is allowed, by the logits; `chain` undefined = the most probable one. Throws where there is none: accepting another one
   * would end the process.
   */
  choose(logits: Float32Array, chain: Pointer | undefined): number {
    const library = this.#library;
    const memory = koffi.alloc('uint8', logits.length * CANDIDATE_BYTES + ARRAY_BYTES) as bigint;
    try {
      const bytes: ArrayBuffer = koffi.view(memory, logits.length * CANDIDATE_BYTES + ARRAY_BYTES);
      const { ids, values } = writeCandidates(bytes, memory, logits);
      this.#apply(memory);
      if (!hasCandidate(values)) throw new MillraceError('internal', 'no token of the model fits the grammar');
      const free = chain ?? library.llama_sampler_init_greedy();
      library.llama_sampler_apply(free, memory);
      if (chain === undefined) library.llama_sampler_free(free);
      const selected = Number(new BigInt64Array(bytes, SELECTED_AT, 1)[0]);
      return ids[selected * 3] as number;
    } finally {
      koffi.free(memory);
    }
  }

  /** The text goes on with an allowed token; another one would end the process. */
  accept(token: number): void {
    const before = process.cpuUsage();
    this.#library.llama_sampler_accept(this.#sampler, token);
    limitTime(before);
  }

  #apply(candidates: bigint): void {
    const before = process.cpuUsage();
    this.#library.llama_sampler_apply(this.#sampler, candidates);
    limitTime(before);
  }

  free(): void {
    this.#library.llama_sampler_free(this.#sampler);
    koffi.free(this.#probe);
  }
}
