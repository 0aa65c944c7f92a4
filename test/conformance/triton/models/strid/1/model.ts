import { defineModel } from 'millrace/model';

/** Answers with the strings that it is given. */
export default defineModel({
  inputs: { IN: 'BYTES[-1,-1]' },
  outputs: { OUT: 'BYTES[-1,-1]' },
  infer: ({ inputs }) => ({ OUT: inputs.IN }),
});
