/** A text, or a pair of texts, as a text model takes it: token ids and how it is answered. */
export interface PreparedText {
  readonly tokens: Int32Array;
  /** Tokens of the first text of a pair, with those around it; the others are of the second. As many as there are where it is no pair. */
  readonly firstTokens: number;
  readonly normalize: boolean;
  /** Leading elements of the vector; 0 = all. */
  readonly dimensions: number;
  /** The vectors of all tokens. */
  readonly isUnpooled: boolean;
  readonly isRaw: boolean;
  /** Of a model that classifies tokens, the places of each: as `token_places`. Of others, empty. */
  readonly places: Int32Array;
}

const HEADER_WORDS = 4;
const NORMALIZE = 1;
const UNPOOLED = 2;
const RAW = 4;

export function packText({ tokens, firstTokens, dimensions, places, ...flags }: PreparedText): Uint8Array {
  const words = new Int32Array(HEADER_WORDS + tokens.length + places.length);
  words[0] = (flags.normalize ? NORMALIZE : 0) | (flags.isUnpooled ? UNPOOLED : 0) | (flags.isRaw ? RAW : 0);
  words[1] = dimensions;
  words[2] = firstTokens;
  words[3] = tokens.length;
  words.set(tokens, HEADER_WORDS);
  words.set(places, HEADER_WORDS + tokens.length);
  return new Uint8Array(words.buffer);
}

export function unpackText(value: Uint8Array): PreparedText {
  // It may begin anywhere in a frame.
  const words = new Int32Array(value.slice().buffer);
  const [flags = 0, dimensions = 0, firstTokens = 0, count = 0] = words;
  return {
    tokens: words.subarray(HEADER_WORDS, HEADER_WORDS + count),
    places: words.subarray(HEADER_WORDS + count),
    firstTokens,
    normalize: (flags & NORMALIZE) !== 0,
    dimensions,
    isUnpooled: (flags & UNPOOLED) !== 0,
    isRaw: (flags & RAW) !== 0,
  };
}
