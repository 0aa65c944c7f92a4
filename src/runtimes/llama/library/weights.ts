import path from 'node:path';
import { invalidArgument, MillraceError } from '../../../core/index.js';
import type { Params, Pointer } from './functions.js';
import type { Library } from './open.js';
import { type InfillTokens, type TokenizeOptions, Vocabulary } from './vocabulary.js';

/** A GGUF file in memory: weights, vocabulary, template. Without weights, `trainedContextTokens` is 0. */
export class Weights {
  readonly pointer: Pointer;
  readonly vocabulary: Pointer;
  readonly vocabularySize: number;
  /** Longest text that the model was trained on. */
  readonly trainedContextTokens: number;
  /** Jinja template of a conversation; undefined = the file has none. */
  readonly chatTemplate: string | undefined;
  /** The same for requests that offer tools; undefined = the file has none. */
  readonly toolTemplate: string | undefined;
  /** Text with `{query}` and `{document}` that a model which ranks reads; undefined = the file has none. */
  readonly rerankTemplate: string | undefined;
  readonly #library: Library;
  readonly #words: Vocabulary;
  readonly #ends = new Map<number, boolean>();
  #controls: readonly number[] | undefined;
  #endTokens: readonly number[] | undefined;

  private constructor(library: Library, pointer: Pointer) {
    this.#library = library;
    this.pointer = pointer;
    this.#words = new Vocabulary(library, library.llama_model_get_vocab(pointer));
    this.vocabulary = this.#words.pointer;
    this.vocabularySize = this.#words.size;
    this.trainedContextTokens = library.llama_model_n_ctx_train(pointer);
    this.chatTemplate = library.llama_model_chat_template(pointer, null) ?? undefined;
    this.toolTemplate = library.llama_model_chat_template(pointer, 'tool_use') ?? undefined;
    this.rerankTemplate = library.llama_model_chat_template(pointer, 'rerank') ?? undefined;
  }

  /** Throws `invalid_argument` for a file that llama.cpp does not load, or that cannot generate text. */
  static load(library: Library, file: string, gpuLayers: number): Weights {
    return Weights.#open(library, file, { n_gpu_layers: gpuLayers });
  }

  /** The vocabulary and the template only. Throws as {@link load} does. */
  static loadVocabulary(library: Library, file: string): Weights {
    return Weights.#open(library, file, { vocab_only: true, devices: library.noDevices });
  }

  static #open(library: Library, file: string, params: Params): Weights {
    const pointer = library.llama_model_load_from_file(file, { ...library.modelDefaults, ...params });
    const name = path.basename(file);
    if (pointer === null) {
      throw invalidArgument(
        `'${name}' is not a model that llama.cpp ${library.version} loads: it is truncated, damaged, or of an architecture that is not known there`,
      );
    }
    if (!library.llama_model_has_decoder(pointer) || library.llama_model_has_encoder(pointer)) {
      library.llama_model_free(pointer);
      throw new MillraceError(
        'unimplemented',
        `'${name}' is not a decoder-only model, which is the only kind that generates here`,
      );
    }
    return new Weights(library, pointer);
  }

  /** Bytes of the longest token. Reads the whole vocabulary. */
  get longestPieceBytes(): number {
    return this.#words.findLongestPiece();
  }

  /** Elements of the vector of a text. */
  get dimensions(): number {
    return this.#library.llama_model_n_embd_out(this.pointer);
  }

  /** Names of the classes that a model with pooling `rank` has, by index; undefined = the file has no name. */
  get classes(): readonly (string | undefined)[] {
    const count = this.#library.llama_model_n_cls_out(this.pointer);
    return Array.from(
      { length: count },
      (_, index) => this.#library.llama_model_cls_label(this.pointer, index) ?? undefined,
    );
  }

  /** See {@link Vocabulary}. */
  get beginToken(): number | undefined {
    return this.#words.beginToken;
  }

  get endToken(): number | undefined {
    return this.#words.endToken;
  }

  get infillTokens(): InfillTokens | undefined {
    return this.#words.infillTokens;
  }

  /** For short texts: those of requests are tokenised in threads. */
  tokenize(text: string, options: TokenizeOptions): Int32Array {
    return this.#words.tokenize(text, options);
  }

  pieceOf(token: number, special = false): Uint8Array {
    return this.#words.pieceOf(token, special);
  }

  /** True for tokens after which nothing is generated. */
  endsGeneration(token: number): boolean {
    let ends = this.#ends.get(token);
    if (ends === undefined) {
      ends = this.#library.llama_vocab_is_eog(this.vocabulary, token);
      this.#ends.set(token, ends);
    }
    return ends;
  }

  /** Tokens after which nothing is generated. */
  get endTokens(): readonly number[] {
    this.#endTokens ??= this.#tokensWith((token) => this.#library.llama_vocab_is_eog(this.vocabulary, token));
    return this.#endTokens;
  }

  /** Tokens that are no text and do not end it: they begin texts, name roles, and the like. */
  get controlTokens(): readonly number[] {
    this.#controls ??= this.#tokensWith(
      (token) => this.#library.llama_vocab_is_control(this.vocabulary, token) && !this.endsGeneration(token),
    );
    return this.#controls;
  }

  /** Asks for the whole vocabulary. */
  #tokensWith(has: (token: number) => boolean): readonly number[] {
    return Array.from({ length: this.vocabularySize }, (_, token) => token).filter(has);
  }

  free(): void {
    this.#library.llama_model_free(this.pointer);
  }
}
