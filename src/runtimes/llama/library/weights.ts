import path from 'node:path';
import { invalidArgument, MillraceError } from '../../../core/index.js';
import type { Pointer } from './functions.js';
import type { Library } from './open.js';

const MAX_PIECE_BYTES = 4096;
/** Most texts have fewer bytes a token. */
const USUAL_PIECE_BYTES = 8;

export interface TokenizeOptions {
  /** Puts what the model wants before a text, such as a beginning-of-sequence token. */
  readonly addSpecial: boolean;
  /** Reads `<|im_end|>` and the like as the tokens that they name; else as text. */
  readonly parseSpecial: boolean;
}

export interface InfillTokens {
  readonly prefix: number;
  readonly suffix: number;
  readonly middle: number;
}

/** A GGUF file in memory: weights, vocabulary, template. */
export class Weights {
  readonly pointer: Pointer;
  readonly vocabulary: Pointer;
  readonly vocabularySize: number;
  /** Longest text that the model was trained on. */
  readonly trainedContextTokens: number;
  /** Jinja template of a conversation; undefined = the file has none. */
  readonly chatTemplate: string | undefined;
  /** Bytes of the longest token. */
  readonly longestPieceBytes: number;
  readonly #library: Library;
  readonly #piece = Buffer.alloc(MAX_PIECE_BYTES);
  readonly #ends = new Map<number, boolean>();
  #controls: readonly number[] | undefined;

  private constructor(library: Library, pointer: Pointer) {
    this.#library = library;
    this.pointer = pointer;
    this.vocabulary = library.llama_model_get_vocab(pointer);
    this.vocabularySize = library.llama_vocab_n_tokens(this.vocabulary);
    this.trainedContextTokens = library.llama_model_n_ctx_train(pointer);
    this.longestPieceBytes = this.#findLongestPiece();
    this.chatTemplate = library.llama_model_chat_template(pointer, null) ?? undefined;
  }

  /** Throws `invalid_argument` for a file that llama.cpp does not load, or that cannot generate text. */
  static load(library: Library, file: string, gpuLayers: number): Weights {
    const pointer = library.llama_model_load_from_file(file, { ...library.modelDefaults, n_gpu_layers: gpuLayers });
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

  /** Token that begins a text; undefined = the model has none. */
  get beginToken(): number | undefined {
    return validToken(this.#library.llama_vocab_bos(this.vocabulary));
  }

  get endToken(): number | undefined {
    return validToken(this.#library.llama_vocab_eos(this.vocabulary));
  }

  /** Tokens between which a model is told what comes before and behind its answer; undefined = it has not learnt that. */
  get infillTokens(): InfillTokens | undefined {
    const library = this.#library;
    const prefix = validToken(library.llama_vocab_fim_pre(this.vocabulary));
    const suffix = validToken(library.llama_vocab_fim_suf(this.vocabulary));
    const middle = validToken(library.llama_vocab_fim_mid(this.vocabulary));
    if (prefix === undefined || suffix === undefined || middle === undefined) return undefined;
    return { prefix, suffix, middle };
  }

  tokenize(text: string, { addSpecial, parseSpecial }: TokenizeOptions): Int32Array {
    const bytes = Buffer.from(text);
    const tokens = new Int32Array(bytes.length + 8);
    const count = this.#library.llama_tokenize(
      this.vocabulary,
      bytes,
      bytes.length,
      tokens,
      tokens.length,
      addSpecial,
      parseSpecial,
    );
    if (count < 0) throw new MillraceError('internal', `llama.cpp did not tokenise ${bytes.length} bytes`);
    return tokens.slice(0, count);
  }

  /** The text that tokens stand for, without those that begin and end it. Throws `internal` where llama.cpp does not tell. */
  detokenize(tokens: Int32Array): string {
    let buffer = Buffer.alloc(tokens.length * USUAL_PIECE_BYTES + 64);
    let size = this.#detokenizeInto(buffer, tokens);
    if (size < 0) {
      buffer = Buffer.alloc(-size);
      size = this.#detokenizeInto(buffer, tokens);
    }
    if (size < 0) throw new MillraceError('internal', `llama.cpp did not make text of ${tokens.length} tokens`);
    return buffer.toString('utf8', 0, size);
  }

  /** Bytes of the text; below zero where it does not fit: as many as it needs. */
  #detokenizeInto(buffer: Buffer, tokens: Int32Array): number {
    return this.#library.llama_detokenize(this.vocabulary, tokens, tokens.length, buffer, buffer.length, true, true);
  }

  /** The bytes of a token, which need not be whole characters. `special`: of those that control the model, too; else none. */
  pieceOf(token: number, special = false): Uint8Array {
    const size = this.#library.llama_token_to_piece(this.vocabulary, token, this.#piece, MAX_PIECE_BYTES, 0, special);
    return Buffer.from(this.#piece.subarray(0, Math.max(size, 0)));
  }

  #findLongestPiece(): number {
    let longest = 1;
    for (let token = 0; token < this.vocabularySize; token++) {
      const size = this.#library.llama_token_to_piece(this.vocabulary, token, this.#piece, MAX_PIECE_BYTES, 0, true);
      // Where it does not fit, its size comes below zero.
      longest = Math.max(longest, Math.abs(size));
    }
    return longest;
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

  /** Tokens that are no text and do not end it: they begin texts, name roles, and the like. */
  get controlTokens(): readonly number[] {
    this.#controls ??= Array.from({ length: this.vocabularySize }, (_, token) => token).filter(
      (token) => this.#library.llama_vocab_is_control(this.vocabulary, token) && !this.endsGeneration(token),
    );
    return this.#controls;
  }

  free(): void {
    this.#library.llama_model_free(this.pointer);
  }
}

function validToken(token: number): number | undefined {
  return token < 0 ? undefined : token;
}
