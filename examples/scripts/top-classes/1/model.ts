import { defineModel, ModelError } from 'millrace/model';

/**
 * Business logic around another model: asks `mlp` and answers the names of its best classes. The request's deadline,
 * trace and rights go along, and so does a cancellation.
 */
export default defineModel({
  inputs: { x: 'FP32[-1,16]', count: 'INT32[-1,1]?' },
  outputs: { class: 'BYTES[-1,-1]', score: 'FP32[-1,-1]' },
  maxBatchSize: 1,
  // It only waits for the other model, so it may do so for several requests at a time.
  concurrency: 16,

  async infer({ inputs }, { model }) {
    const count = inputs.count?.value ?? 3;
    if (count < 1 || count > 10) throw new ModelError('invalid_argument', `count: expected 1 to 10, got ${count}`);
    const { outputs } = await model<{ y: 'FP32' }>('mlp').infer({ x: inputs.x });
    const scores = Array.from(outputs.y.data, (score, index) => ({ score, index }));
    const best = scores.sort((one, other) => other.score - one.score).slice(0, count);
    return { class: [best.map(({ index }) => `class-${index}`)], score: [best.map(({ score }) => score)] };
  },
});
