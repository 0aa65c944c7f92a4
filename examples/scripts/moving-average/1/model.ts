import { defineModel } from 'millrace/model';

/** The mean of the last values of a sequence: state that the server keeps from its start to its end. */
export default defineModel({
  inputs: { value: 'FP64[1]' },
  outputs: { mean: 'FP64[1]' },
  stateful: true,
  load: ({ parameters }) => ({ window: Number(parameters.window ?? 3) }),
  start: () => ({ values: [] as number[] }),

  infer({ inputs, sequence: { state } }, { loaded }) {
    state.values.push(inputs.value.value);
    if (state.values.length > loaded.window) state.values.shift();
    return { mean: state.values.reduce((sum, value) => sum + value, 0) / state.values.length };
  },
});
