import { bytesOf, type ModelTasks, type Tensor } from '../../core/index.js';
import { normalizeVector, POOLING_TENSORS, sigmoid, softmax } from '../../pooling/index.js';
import type { Emission } from '../batch.js';
import type { PreparedText } from './prepared-text.js';

/** The vectors of a text as a request wants them: one, or one for each of its tokens, all of the same width. */
export function embeddingOf(
  vectors: readonly Float32Array[],
  { dimensions, normalize }: PreparedText,
  width = vectors[0]?.length ?? 0,
): Tensor {
  const size = dimensions || width;
  const all = new Float32Array(vectors.length * size);
  for (const [index, vector] of vectors.entries()) {
    const kept = all.subarray(index * size, (index + 1) * size);
    kept.set(vector.subarray(0, size));
    if (normalize) normalizeVector(kept);
  }
  return { name: POOLING_TENSORS.embedding, datatype: 'FP32', shape: [vectors.length, size], data: bytesOf(all) };
}

/** The weights of a text that are not 0, each with its token. */
export function sparseOf(weights: Float32Array): readonly Tensor[] {
  const tokens: number[] = [];
  for (let token = 0; token < weights.length; token++) if (weights[token] !== 0) tokens.push(token);
  const count = tokens.length;
  const indices = Int32Array.from(tokens);
  const values = Float32Array.from(tokens, (token) => weights[token] as number);
  const { sparseIndices, sparseValues, sparseCounts } = POOLING_TENSORS;
  return [
    { name: sparseIndices, datatype: 'INT32', shape: [count], data: bytesOf(indices) },
    { name: sparseValues, datatype: 'FP32', shape: [count], data: bytesOf(values) },
    { name: sparseCounts, datatype: 'INT32', shape: [1], data: bytesOf(Int32Array.of(count)) },
  ];
}

/** The score of a text, or those of its classes. `isRaw`: as the model gives them; else from 0 to 1. */
export function scoresOf(
  given: Float32Array,
  { isRaw, tasks }: { readonly isRaw: boolean; readonly tasks: ModelTasks },
): Tensor {
  const scores = given.slice();
  if (tasks.classify === undefined) {
    if (!isRaw) sigmoid(scores);
    return { name: POOLING_TENSORS.score, datatype: 'FP32', shape: [1], data: bytesOf(scores.subarray(0, 1)) };
  }
  if (!isRaw) (tasks.classify.multiLabel ? sigmoid : softmax)(scores);
  return { name: POOLING_TENSORS.scores, datatype: 'FP32', shape: [1, scores.length], data: bytesOf(scores) };
}

/** The scores of the classes of each token, with its place. `isRaw`: as the model gives them; else they add up to 1. */
export function tokenClassesOf(vectors: readonly Float32Array[], { places, isRaw }: PreparedText): readonly Tensor[] {
  const size = vectors[0]?.length ?? 0;
  const all = new Float32Array(vectors.length * size);
  for (const [index, vector] of vectors.entries()) {
    const scores = all.subarray(index * size, (index + 1) * size);
    scores.set(vector);
    if (!isRaw) softmax(scores);
  }
  return [
    { name: POOLING_TENSORS.scores, datatype: 'FP32', shape: [vectors.length, size], data: bytesOf(all) },
    {
      name: POOLING_TENSORS.tokenPlaces,
      datatype: 'INT32',
      shape: [places.length / 3, 3],
      data: bytesOf(places),
    },
  ];
}

/** What a text is answered with. */
export function poolingEmission(callId: number, values: readonly Tensor[], { tokens }: PreparedText): Emission {
  const counts = Int32Array.of(tokens.length);
  return {
    callId,
    outputs: [...values, { name: POOLING_TENSORS.tokenCounts, datatype: 'INT32', shape: [1], data: bytesOf(counts) }],
    usage: { promptTokens: tokens.length, completionTokens: 0 },
    final: true,
  };
}
