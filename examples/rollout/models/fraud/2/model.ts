import { defineModel } from 'millrace/model';

/** Better: at night, smaller payments are looked at, too. */
export default defineModel({
  inputs: { share: 'FP32[-1]', time: 'FP32[-1]' },
  outputs: { verdict: 'BYTES[-1]' },

  infer({ inputs: { share, time } }) {
    const limitAt = (index: number): number => ((time.data[index] ?? 0) < 0.25 ? 0.8 : 0.9);
    return { verdict: Array.from(share.data, (value, index) => (value > limitAt(index) ? 'check' : 'pay')) };
  },
});
