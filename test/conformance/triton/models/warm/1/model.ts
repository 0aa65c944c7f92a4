import { defineModel } from 'millrace/model';

let executions = 0;

/** Tells how often it has been executed, which the warm-up counts for, too. */
export default defineModel({
  inputs: { IN: 'INT32[-1,4]' },
  outputs: { N: 'INT32[-1,1]' },
  infer: ({ rows }) => ({ N: new Int32Array(rows).fill(++executions) }),
});
