import { defineModel } from 'millrace/model';

/** Answers with the string that it is given. */
export default defineModel({
  inputs: { IN: 'BYTES[1]' },
  outputs: { OUT: 'BYTES[1]' },
  infer: ({ inputs }) => ({ OUT: inputs.IN }),
});
