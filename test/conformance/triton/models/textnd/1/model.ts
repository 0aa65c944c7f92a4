import { defineModel } from 'millrace/model';

/** A text in capitals, with a score that means nothing. */
export default defineModel({
  inputs: { text_input: 'BYTES[-1,1]', k: 'FP32[-1,1]?' },
  outputs: { text_output: 'BYTES[-1,1]', score: 'FP32[-1,1]' },
  infer: ({ inputs, rows }) => ({
    text_output: inputs.text_input.data.map((text) => text.toUpperCase()),
    score: new Float32Array(rows).fill(0.5),
  }),
});
