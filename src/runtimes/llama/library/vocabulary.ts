import { MillraceError } from '../../../core/index.js';
import type { LlamaFunctions, Pointer } from './functions.js';

const MAX_PIECE_BYTES = 4096;
/** Most texts have fewer bytes a token. */
const USUAL_PIECE_BYTES = 8;

export interface TokenizeOptions {
  /** Puts what the model wants before a text, such as a beginning-of-sequence token. */
  readonly addSpecial: boolean;
  /** Reads `<|im_end|>` and the like as the tokens that they name; else as text. */
  readonly parseSpecial: boolean;
}

/** What becomes of tokens that control the model where text is made of tokens. */
export interface SpecialTokens {
  /** Leave out the tokens that begin and end a text. */
  readonly removeEnds: boolean;
  /** Write them as `<|im_end|>` and the like; else they are left out. */
  readonly write: boolean;
}

export interface InfillTokens {
  readonly prefix: number;
  readonly suffix: number;
  readonly middle: number;
}

/** Functions of llama.cpp that read a vocabulary. They change nothing, so several threads may call them at a time. */
export type VocabularyFunctions = Pick<
  LlamaFunctions,
  | 'llama_vocab_n_tokens'
  | 'llama_vocab_bos'
  | 'llama_vocab_eos'
  | 'llama_vocab_sep'
  | 'llama_vocab_get_add_bos'
  | 'llama_vocab_get_add_eos'
  | 'llama_vocab_get_add_sep'
  | 'llama_vocab_is_control'
  | 'llama_vocab_fim_pre'
  | 'llama_vocab_fim_suf'
  | 'llama_vocab_fim_mid'
  | 'llama_tokenize'
  | 'llama_detokenize'
  | 'llama_token_to_piece'
>;

/** The tokens of a model, and what texts they stand for. */
export class Vocabulary {
  readonly pointer: Pointer;
  readonly size: number;
  readonly #library: VocabularyFunctions;
  readonly #piece = Buffer.alloc(MAX_PIECE_BYTES);

  constructor(library: VocabularyFunctions, pointer: Pointer) {
    this.#library = library;
    this.pointer = pointer;
    this.size = library.llama_vocab_n_tokens(pointer);
  }

  /** Token that begins a text; undefined = the model has none. */
  get beginToken(): number | undefined {
    return validToken(this.#library.llama_vocab_bos(this.pointer));
  }

  get endToken(): number | undefined {
    return validToken(this.#library.llama_vocab_eos(this.pointer));
  }

  get separatorToken(): number | undefined {
    return validToken(this.#library.llama_vocab_sep(this.pointer));
  }

  /** Which tokens the model wants around a text, or between two. */
  get added(): { readonly begin: boolean; readonly end: boolean; readonly separator: boolean } {
    const library = this.#library;
    return {
      begin: library.llama_vocab_get_add_bos(this.pointer),
      end: library.llama_vocab_get_add_eos(this.pointer),
      separator: library.llama_vocab_get_add_sep(this.pointer),
    };
  }

  /** A token that is no text, such as one that begins a text. */
  isControl(token: number): boolean {
    return this.#library.llama_vocab_is_control(this.pointer, token);
  }

  /** Tokens between which a model is told what comes before and behind its answer; undefined = it has not learnt that. */
  get infillTokens(): InfillTokens | undefined {
    const library = this.#library;
    const prefix = validToken(library.llama_vocab_fim_pre(this.pointer));
    const suffix = validToken(library.llama_vocab_fim_suf(this.pointer));
    const middle = validToken(library.llama_vocab_fim_mid(this.pointer));
    if (prefix === undefined || suffix === undefined || middle === undefined) return undefined;
    return { prefix, suffix, middle };
  }

  tokenize(text: string, { addSpecial, parseSpecial }: TokenizeOptions): Int32Array {
    const bytes = Buffer.from(text);
    const tokens = new Int32Array(bytes.length + 8);
    const count = this.#library.llama_tokenize(
      this.pointer,
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
  detokenize(tokens: Int32Array, special: SpecialTokens = { removeEnds: true, write: true }): string {
    let buffer = Buffer.alloc(tokens.length * USUAL_PIECE_BYTES + 64);
    let size = this.#detokenizeInto(buffer, tokens, special);
    if (size < 0) {
      buffer = Buffer.alloc(-size);
      size = this.#detokenizeInto(buffer, tokens, special);
    }
    if (size < 0) throw new MillraceError('internal', `llama.cpp did not make text of ${tokens.length} tokens`);
    return buffer.toString('utf8', 0, size);
  }

  /** Bytes of the text; below zero where it does not fit: as many as it needs. */
  #detokenizeInto(buffer: Buffer, tokens: Int32Array, { removeEnds, write }: SpecialTokens): number {
    const { length } = tokens;
    return this.#library.llama_detokenize(this.pointer, tokens, length, buffer, buffer.length, removeEnds, write);
  }

  /** The bytes of a token, which need not be whole characters. `special`: of those that control the model, too; else none. */
  pieceOf(token: number, special = false): Uint8Array {
    const size = this.#library.llama_token_to_piece(this.pointer, token, this.#piece, MAX_PIECE_BYTES, 0, special);
    return Buffer.from(this.#piece.subarray(0, Math.max(size, 0)));
  }

  /** Bytes of the longest token. Reads all of them. */
  findLongestPiece(): number {
    let longest = 1;
    for (let token = 0; token < this.size; token++) {
      const size = this.#library.llama_token_to_piece(this.pointer, token, this.#piece, MAX_PIECE_BYTES, 0, true);
      // Where it does not fit, its size comes below zero.
      longest = Math.max(longest, Math.abs(size));
    }
    return longest;
  }
}

function validToken(token: number): number | undefined {
  return token < 0 ? undefined : token;
}
