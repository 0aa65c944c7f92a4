import { defineModel } from 'millrace/model';

let executions = 0;

/** Doubles, and tells how often it has been executed. */
export default defineModel({
  inputs: { IN: 'INT32[-1,2]' },
  outputs: { OUT: 'INT32[-1,2]', N: 'INT32[-1,1]' },
  infer({ inputs, rows }) {
    executions++;
    return { OUT: inputs.IN.data.map((value) => 2 * value), N: new Int32Array(rows).fill(executions) };
  },
});
