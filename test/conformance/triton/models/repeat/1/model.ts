import { setTimeout } from 'node:timers/promises';
import { defineModel, ModelError } from 'millrace/model';

/** An answer for each element of IN, which is that element and its index; an error for a negative one. */
export default defineModel({
  inputs: { IN: 'INT32[-1]', DELAY: 'UINT32[-1]' },
  outputs: { OUT: 'INT32[1]', IDX: 'UINT32[1]' },
  async *infer({ inputs, signal }) {
    const delays = inputs.DELAY.data;
    for (const [index, value] of inputs.IN.data.entries()) {
      if (value < 0) {
        yield new ModelError('invalid_argument', `negative element ${value} at ${index}`);
        continue;
      }
      await setTimeout(delays[Math.min(index, delays.length - 1)], undefined, { signal });
      yield { OUT: [value], IDX: [index] };
    }
  },
});
