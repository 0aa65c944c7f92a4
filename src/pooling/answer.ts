import { type InferResponse, MillraceError, type Tensor, typedView } from '../core/index.js';
import { POOLING_TENSORS } from './signature.js';

/** The answer of a model that embeds, ranks or classifies. */
export interface PoolingAnswer {
  /** For each text its vector, its score as the only element, or the scores of the classes; with `pooling: none` a vector for each token. */
  readonly rows: readonly Float32Array[];
  /** Tokens that were read of each text, special ones included. */
  readonly tokenCounts: Int32Array;
}

/** A token of a text, as `only: tokens` gives it: JSON of a list of them for each text. */
export interface TextToken {
  readonly id: number;
  readonly text: string;
  readonly special: boolean;
  /** Its place in the text in characters; null for special tokens. */
  readonly start: number | null;
  readonly stop: number | null;
}

/** Reads an answer. Throws `internal` where it is none. */
export function poolingAnswerOf({ outputs }: Pick<InferResponse, 'outputs'>): PoolingAnswer {
  const { embedding, score, scores, tokenCounts } = POOLING_TENSORS;
  const counts = outputs.find(({ name }) => name === tokenCounts);
  const values = outputs.find(({ name }) => name === embedding || name === score || name === scores);
  if (values?.datatype !== 'FP32' || counts?.datatype !== 'INT32') {
    throw new MillraceError('internal', 'the model gave no vectors or scores with token counts');
  }
  return { rows: rowsOf(values), tokenCounts: typedView('INT32', counts.data) as Int32Array };
}

function rowsOf({ shape, data }: Tensor): readonly Float32Array[] {
  const [rows = 0, size = 1] = shape;
  const all = typedView('FP32', data) as Float32Array;
  return Array.from({ length: rows }, (_, row) => all.subarray(row * size, (row + 1) * size));
}
