import { defineModel } from 'millrace/model';

/** Doubles. */
export default defineModel({
  inputs: { IN: 'FP32[-1,4]' },
  outputs: { OUT: 'FP32[-1,4]' },
  infer: ({ inputs }) => ({ OUT: inputs.IN.data.map((value) => 2 * value) }),
});
