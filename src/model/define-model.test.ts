import { expect, it } from 'vitest';
import { defineModel } from './index.js';

// What is asserted here the compiler checks; each line marked @ts-expect-error must be an error.
it('types requests and answers by the declared tensors', () => {
  const model = defineModel({
    inputs: {
      x: 'FP32[-1,16]',
      text: 'BYTES[-1,1]',
      count: 'INT64[-1,1]?',
      truth: { datatype: 'BOOL', shape: [-1, 1], optional: true },
    },
    outputs: { y: 'FP32[-1,16]' },
    maxBatchSize: 8,
    load: ({ folder }) => ({ bias: 1, folder }),
    infer({ inputs }, { loaded }) {
      const data: Float32Array = inputs.x.data;
      const texts: readonly string[] = inputs.text.data;
      const count: bigint | undefined = inputs.count?.value;
      const truth: boolean | undefined = inputs.truth?.value;
      // @ts-expect-error: there is no such input
      void inputs.other;
      // @ts-expect-error: it may be absent
      void inputs.count.value;
      return { y: data.map((value) => value + loaded.bias + texts.length + Number(count) + Number(truth)) };
    },
  });
  expect(model.maxBatchSize).toBe(8);
});

const tensors = { inputs: { x: 'FP32[1]' }, outputs: { y: 'FP32[1]' } } as const;
// @ts-expect-error: no such output
defineModel({ ...tensors, infer: () => ({ z: 1 }) });
// @ts-expect-error: text is no number
defineModel({ ...tensors, infer: () => ({ y: 'text' }) });
// @ts-expect-error: no such datatype
defineModel({ ...tensors, inputs: { x: 'FLOAT[1]' }, infer: () => ({ y: 1 }) });
// @ts-expect-error: one answer for each request
defineModel({ ...tensors, batched: true, infer: () => ({ y: 1 }) });
