import { defineModel } from 'millrace/model';

/** Answers with what it is given, and tells which version did so. */
export default defineModel({
  inputs: { IN: 'INT32[1]' },
  outputs: { OUT: 'INT32[1]', VERSION: 'INT32[1]' },
  infer: ({ inputs }, { version }) => ({ OUT: inputs.IN, VERSION: [version] }),
});
