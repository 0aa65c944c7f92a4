import type { ModelTasks, Signature, TensorSpec } from '../core/index.js';

/** Names of the tensors of a model that embeds, ranks or classifies. */
export const POOLING_TENSORS = {
  /** BYTES [texts]: a UTF-8 text each. */
  text: 'text',
  /** INT32 [texts, tokens]: the ids of each text in place of it; -1 behind the end of a shorter one. */
  tokenIds: 'token_ids',
  /** BYTES [1]: the query that the texts are ranked for. */
  query: 'query',
  /** BYTES [texts]: the second text of each pair. */
  textPair: 'text_pair',
  /** FP32 [texts, dimensions]; with `pooling: none` [tokens of all texts, dimensions]. */
  embedding: 'embedding',
  /** INT32 [weights of all texts]: the token of each weight, ascending within a text. */
  sparseIndices: 'sparse_indices',
  /** FP32 [weights of all texts]: the weights other than 0. */
  sparseValues: 'sparse_values',
  /** INT32 [texts]: weights of each. */
  sparseCounts: 'sparse_counts',
  /** FP32 [texts]. */
  score: 'score',
  /** FP32 [texts, classes]; of a model that classifies tokens [tokens of all texts, classes]. */
  scores: 'scores',
  /**
   * INT32 [tokens of all texts, 3]: where each token begins and ends in its text, in characters, and the number of its word; -1 for special
   * tokens.
   */
  tokenPlaces: 'token_places',
  /** INT32 [texts]: tokens that were read of each, special ones included. */
  tokenCounts: 'token_counts',
} as const;

/** Inputs and outputs of a model with one of the tasks; each text is a row. */
export function poolingSignature({
  embed,
  sparse,
  rank,
  classify,
  tokenClassify,
}: Omit<ModelTasks, 'generate'>): Signature {
  const { text, query, textPair, embedding, score, scores } = POOLING_TENSORS;
  if (embed !== undefined) {
    return { inputs: [texts(text), IDS], outputs: [floats(embedding, [-1, embed.dimensions]), COUNTS] };
  }
  if (sparse !== undefined) {
    const { sparseIndices, sparseValues, sparseCounts } = POOLING_TENSORS;
    const weights = [integers(sparseIndices), floats(sparseValues, [-1]), integers(sparseCounts)];
    return { inputs: [texts(text), IDS], outputs: [...weights, COUNTS] };
  }
  if (rank !== undefined) {
    // Left out where a request is only about tokens.
    const one: TensorSpec = { name: query, datatype: 'BYTES', shape: [1], batchAxis: null, optional: true };
    return { inputs: [one, texts(text), IDS], outputs: [floats(score, [-1]), COUNTS] };
  }
  if (tokenClassify !== undefined) {
    const { labels } = tokenClassify;
    const classes = { ...floats(scores, [-1, labels.length]), labels };
    const places = { ...integers(POOLING_TENSORS.tokenPlaces), shape: [-1, 3] };
    return { inputs: [texts(text)], outputs: [classes, places, COUNTS] };
  }
  const labels = classify?.labels ?? [];
  const classes = { ...floats(scores, [-1, labels.length]), labels };
  return { inputs: [texts(text), texts(textPair), IDS], outputs: [classes, COUNTS] };
}

const IDS: TensorSpec = {
  name: POOLING_TENSORS.tokenIds,
  datatype: 'INT32',
  shape: [-1, -1],
  batchAxis: 0,
  optional: true,
};

const COUNTS = integers(POOLING_TENSORS.tokenCounts);

function texts(name: string): TensorSpec {
  return { name, datatype: 'BYTES', shape: [-1], batchAxis: 0, optional: true };
}

function integers(name: string): TensorSpec {
  return { name, datatype: 'INT32', shape: [-1], batchAxis: 0, optional: false };
}

function floats(name: string, shape: readonly number[]): TensorSpec {
  return { name, datatype: 'FP32', shape, batchAxis: 0, optional: false };
}
