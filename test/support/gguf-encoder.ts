import { buildGguf, type GgufEntry, type GgufTensor } from './gguf.js';
import { Random } from './random.js';

/** Ids of tokens that are no words. */
export const ENCODER_IDS = { '[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3, '[MASK]': 4 } as const;
const WORDS = ['the', 'earth', 'heaven', 'light', 'water', 'day', 'night', 'god', 'was', 'and'];
const SIZE = 32;
const INNER = 64;
const HEADS = 4;
const LAYERS = 2;
/** Longest text. */
export const ENCODER_CONTEXT = 32;
/** Of WordPiece files, words begin with it. */
const WORD_START = '\u2581';
const NORMAL = 1;
const CONTROL = 3;

type Tensors = Readonly<Record<string, GgufTensor>>;

export interface GgufEncoderOptions {
  /** llama.cpp's number: 1 mean, 2 cls, 4 rank. */
  readonly pooling: 1 | 2 | 4;
  /** Names of the classes that the head has scores of. Default: one without a name. */
  readonly labels?: readonly string[];
  /** Further metadata. */
  readonly metadata?: Readonly<Record<string, GgufEntry>>;
  /** Leave the head out. */
  readonly isHeadless?: boolean;
}

/** A GGUF file of a BERT with a handful of words and random weights. */
export function ggufEncoder({ pooling, labels = [], metadata = {}, isHeadless = false }: GgufEncoderOptions): Buffer {
  const tokens = [...Object.keys(ENCODER_IDS), ...WORDS.map((word) => WORD_START + word)];
  const random = new RandomTensors();
  const encoder = random.encoder(tokens.length);
  const head = pooling === 4 && !isHeadless ? random.head(Math.max(1, labels.length)) : {};
  return buildGguf(
    {
      'general.architecture': 'bert',
      'general.name': 'random',
      'bert.context_length': ENCODER_CONTEXT,
      'bert.embedding_length': SIZE,
      'bert.feed_forward_length': INNER,
      'bert.block_count': LAYERS,
      'bert.attention.head_count': HEADS,
      'bert.attention.layer_norm_epsilon': { float: 1e-12 },
      'bert.attention.causal': false,
      'bert.pooling_type': pooling,
      ...(labels.length > 0 && { 'bert.classifier.output_labels': labels }),
      'tokenizer.ggml.model': 'bert',
      'tokenizer.ggml.pre': 'default',
      'tokenizer.ggml.tokens': tokens,
      'tokenizer.ggml.token_type': tokens.map((_, id) => (id in Object.values(ENCODER_IDS) ? CONTROL : NORMAL)),
      'tokenizer.ggml.token_type_count': 2,
      'tokenizer.ggml.padding_token_id': ENCODER_IDS['[PAD]'],
      'tokenizer.ggml.unknown_token_id': ENCODER_IDS['[UNK]'],
      'tokenizer.ggml.cls_token_id': ENCODER_IDS['[CLS]'],
      'tokenizer.ggml.bos_token_id': ENCODER_IDS['[CLS]'],
      'tokenizer.ggml.seperator_token_id': ENCODER_IDS['[SEP]'],
      'tokenizer.ggml.mask_token_id': ENCODER_IDS['[MASK]'],
      ...metadata,
    },
    { ...encoder, ...head },
  );
}

/** Tensors of random numbers, the same ones each time. */
class RandomTensors {
  readonly #random = new Random(2026);

  weights(...dims: number[]): GgufTensor {
    const size = dims.reduce((product, each) => product * each, 1);
    return { dims, data: Float32Array.from({ length: size }, () => this.#random.next() - 0.5) };
  }

  linear(name: string, from: number, to: number): Tensors {
    return { [`${name}.weight`]: this.weights(from, to), [`${name}.bias`]: this.weights(to) };
  }

  norm(name: string): Tensors {
    const ones = { dims: [SIZE], data: new Float32Array(SIZE).fill(1) };
    return { [`${name}.weight`]: ones, [`${name}.bias`]: this.weights(SIZE) };
  }

  encoder(words: number): Tensors {
    const layers = Array.from({ length: LAYERS }, (_, layer) => this.#layer(`blk.${layer}`));
    return {
      'token_embd.weight': this.weights(SIZE, words),
      'position_embd.weight': this.weights(SIZE, ENCODER_CONTEXT),
      'token_types.weight': this.weights(SIZE, 2),
      ...this.norm('token_embd_norm'),
      ...Object.assign({}, ...layers),
    };
  }

  head(classes: number): Tensors {
    return { ...this.linear('cls', SIZE, SIZE), ...this.linear('cls.output', SIZE, classes) };
  }

  #layer(name: string): Tensors {
    return {
      ...this.linear(`${name}.attn_q`, SIZE, SIZE),
      ...this.linear(`${name}.attn_k`, SIZE, SIZE),
      ...this.linear(`${name}.attn_v`, SIZE, SIZE),
      ...this.linear(`${name}.attn_output`, SIZE, SIZE),
      ...this.norm(`${name}.attn_output_norm`),
      ...this.linear(`${name}.ffn_up`, SIZE, INNER),
      ...this.linear(`${name}.ffn_down`, INNER, SIZE),
      ...this.norm(`${name}.layer_output_norm`),
    };
  }
}
