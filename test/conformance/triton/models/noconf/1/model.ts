import { defineModel } from 'millrace/model';

/** Answers with what it is given; it has no configuration beside it. */
export default defineModel({
  inputs: { IN: 'FP32[-1,4]' },
  outputs: { OUT: 'FP32[-1,4]' },
  maxBatchSize: 4,
  infer: ({ inputs }) => ({ OUT: inputs.IN }),
});
