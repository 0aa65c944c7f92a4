import { type InferResponse, MillraceError, type Tensor, typedView } from '../core/index.js';
import { POOLING_TENSORS } from './signature.js';

/** The answer of a model that embeds, ranks or classifies. */
export interface PoolingAnswer {
  /**
   * For each text its vector, its score as the only element, the scores of the classes, or its weights that are not 0; with `pooling: none` a
   * vector, and of a model that classifies tokens the scores, for each token.
   */
  readonly rows: readonly Float32Array[];
  /** For each text, of a sparse model, the token of each weight. */
  readonly indices?: readonly Int32Array[];
  /** Of a model that classifies tokens: for each where it begins, where it ends and the number of its word; -1 for special tokens. */
  readonly tokenPlaces?: Int32Array;
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
  const { embedding, score, scores, tokenCounts, sparseValues } = POOLING_TENSORS;
  const counts = outputs.find(({ name }) => name === tokenCounts);
  const weights = outputs.find(({ name }) => name === sparseValues);
  if (counts?.datatype === 'INT32' && weights !== undefined) return sparseAnswerOf(weights, { outputs, counts });
  const values = outputs.find(({ name }) => name === embedding || name === score || name === scores);
  if (values?.datatype !== 'FP32' || counts?.datatype !== 'INT32') {
    throw new MillraceError('internal', 'the model gave no vectors or scores with token counts');
  }
  const places = outputs.find(({ name }) => name === POOLING_TENSORS.tokenPlaces);
  return {
    rows: rowsOf(values),
    tokenCounts: typedView('INT32', counts.data) as Int32Array,
    ...(places !== undefined && { tokenPlaces: typedView('INT32', places.data) as Int32Array }),
  };
}

function sparseAnswerOf(
  weights: Tensor,
  { outputs, counts }: Pick<InferResponse, 'outputs'> & { readonly counts: Tensor },
): PoolingAnswer {
  const integersOf = (tensor: Tensor | undefined) => typedView('INT32', tensor?.data ?? new Uint8Array()) as Int32Array;
  const integers = (wanted: string) => integersOf(outputs.find(({ name }) => name === wanted));
  const values = typedView('FP32', weights.data) as Float32Array;
  const tokens = integers(POOLING_TENSORS.sparseIndices);
  const rows: Float32Array[] = [];
  const indices: Int32Array[] = [];
  let start = 0;
  for (const count of integers(POOLING_TENSORS.sparseCounts)) {
    rows.push(values.subarray(start, start + count));
    indices.push(tokens.subarray(start, start + count));
    start += count;
  }
  return { rows, indices, tokenCounts: integersOf(counts) };
}

function rowsOf({ shape, data }: Tensor): readonly Float32Array[] {
  const [rows = 0, size = 1] = shape;
  const all = typedView('FP32', data) as Float32Array;
  return Array.from({ length: rows }, (_, row) => all.subarray(row * size, (row + 1) * size));
}
