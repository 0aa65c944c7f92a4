import type { TextToken } from '../../../pooling/index.js';
import { type EncodedRow, type EncodeLimits, shareRoom, type TextRow, tooLong } from '../../pooling/tokenizer.js';
import type { Vocabulary } from '../library/vocabulary.js';

/** Attempts to shorten a document until what a template makes of it fits: words may be cut into more tokens than before. */
const MAX_CUTS = 8;

const utf8 = new TextDecoder();

/** Makes token ids of texts, and the other way round, as llama.cpp's own server does. */
export class RowEncoder {
  readonly #vocabulary: Vocabulary;
  readonly #rerankTemplate: string | undefined;

  constructor(vocabulary: Vocabulary, rerankTemplate: string | undefined) {
    this.#vocabulary = vocabulary;
    this.#rerankTemplate = rerankTemplate;
  }

  /** `row`: its number in the request. Throws `invalid_argument`, reason `context_length_exceeded`, where it is too long. */
  encode([text, pair]: TextRow, row: number, limits: EncodeLimits): EncodedRow {
    const tokens = pair === undefined ? this.#encodeText(text, limits) : this.#encodePair([text, pair], limits);
    if (tokens.length > limits.maxTokens) throw tooLong(row, { tokens: tokens.length }, limits.maxTokens);
    // Token types are none of llama.cpp's inputs.
    return { tokens, firstTokens: tokens.length };
  }

  /** The tokens of a text. Their places in it are not known to llama.cpp. */
  describe(text: string, addSpecialTokens: boolean): readonly TextToken[] {
    const vocabulary = this.#vocabulary;
    const ids = vocabulary.tokenize(text, { addSpecial: addSpecialTokens, parseSpecial: true });
    return Array.from(ids, (id) => {
      const special = vocabulary.isControl(id);
      return { id, text: utf8.decode(vocabulary.pieceOf(id, true)), special, start: null, stop: null };
    });
  }

  decode(tokens: Int32Array, skipSpecialTokens: boolean): string {
    return this.#vocabulary.detokenize(tokens, { removeEnds: skipSpecialTokens, write: !skipSpecialTokens });
  }

  #encodeText(text: string, { maxTokens, truncation, addSpecialTokens: addSpecial }: EncodeLimits): Int32Array {
    const tokens = this.#vocabulary.tokenize(text, { addSpecial, parseSpecial: true });
    if (tokens.length <= maxTokens || truncation === undefined) return tokens;
    const [before, after] = addSpecial ? this.#countAround() : [0, 0];
    const room = Math.max(0, maxTokens - before - after);
    const inner = tokens.subarray(before, tokens.length - after);
    const kept = cut(inner, room, truncation);
    return Int32Array.of(...tokens.subarray(0, before), ...kept, ...tokens.subarray(tokens.length - after));
  }

  /** Tokens that the vocabulary puts before and behind a text. */
  #countAround(): readonly [before: number, after: number] {
    const around = this.#vocabulary.tokenize('', { addSpecial: true, parseSpecial: false }).length;
    const before = Math.min(around, this.#vocabulary.added.begin ? 1 : 0);
    return [before, around - before];
  }

  #encodePair(texts: readonly [string, string], limits: EncodeLimits): Int32Array {
    if (this.#rerankTemplate !== undefined) return this.#encodeByTemplate(this.#rerankTemplate, texts, limits);
    const { maxTokens, truncation } = limits;
    const [query, document] = texts.map((text) =>
      this.#vocabulary.tokenize(text, { addSpecial: false, parseSpecial: false }),
    ) as [Int32Array, Int32Array];
    const { before, between, after } = this.#separators();
    const added = before.length + between.length + after.length;
    const rooms =
      truncation === undefined
        ? [query.length, document.length]
        : shareRoom([query.length, document.length], { maxTokens, added });
    const kept = (tokens: Int32Array, room = 0) => cut(tokens, room, truncation ?? 'right');
    return Int32Array.of(...before, ...kept(query, rooms[0]), ...between, ...kept(document, rooms[1]), ...after);
  }

  /** Of `[BOS] query [EOS] [SEP] document [EOS]`, the tokens that the vocabulary adds to texts. */
  #separators() {
    const { beginToken, endToken, separatorToken, added } = this.#vocabulary;
    const end = endToken ?? separatorToken;
    const only = (wanted: boolean, token: number | undefined) => (wanted && token !== undefined ? [token] : []);
    return {
      before: only(added.begin, beginToken),
      between: [...only(added.end, end), ...only(added.separator, separatorToken)],
      after: only(added.end, end),
    };
  }

  #encodeByTemplate(
    template: string,
    [query, document]: readonly [string, string],
    { maxTokens, truncation }: EncodeLimits,
  ): Int32Array {
    const made = (text: string) => {
      const values = { query, document: text };
      const whole = template.replace(/\{(query|document)\}/g, (_, name: keyof typeof values) => values[name]);
      return this.#vocabulary.tokenize(whole, { addSpecial: false, parseSpecial: true });
    };
    let tokens = made(document);
    if (truncation === undefined) return tokens;
    let kept = this.#vocabulary.tokenize(document, { addSpecial: false, parseSpecial: false });
    for (let cuts = 0; tokens.length > maxTokens && kept.length > 0 && cuts < MAX_CUTS; cuts++) {
      kept = cut(kept, Math.max(0, kept.length - (tokens.length - maxTokens)), truncation);
      tokens = made(this.#vocabulary.detokenize(kept));
    }
    return tokens;
  }
}

function cut(tokens: Int32Array, room: number, truncation: 'left' | 'right'): Int32Array {
  if (tokens.length <= room) return tokens;
  return truncation === 'left' ? tokens.subarray(tokens.length - room) : tokens.subarray(0, room);
}
