import { setTimeout } from 'node:timers/promises';
import { defineModel } from 'millrace/model';

/** Answers after as many milliseconds as it is told, or as soon as nobody waits for that. */
export default defineModel({
  inputs: { DELAY_MS: 'INT32[-1,1]' },
  outputs: { OUT: 'INT32[-1,1]', CANCELLED: 'INT32[-1,1]', DONE_AT: 'FP64[-1,1]' },
  async infer({ inputs, signal }) {
    const delays = inputs.DELAY_MS.data;
    const cancelled = await setTimeout(Math.max(...delays), 0, { signal }).catch(() => 1);
    return {
      OUT: inputs.DELAY_MS,
      CANCELLED: new Int32Array(delays.length).fill(cancelled),
      DONE_AT: new Float64Array(delays.length).fill(Date.now()),
    };
  },
});
