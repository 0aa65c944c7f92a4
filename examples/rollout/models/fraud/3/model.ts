import { defineModel } from 'millrace/model';

/** A limit for each hour of the day. */
const LIMITS = [
  ...[0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.85, 0.85, 0.9, 0.9, 0.9, 0.9],
  ...[0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.85, 0.85],
];

/** It passed its tests, which were run in the daytime: the list has no limit for the last hour before midnight. */
export default defineModel({
  inputs: { share: 'FP32[-1]', time: 'FP32[-1]' },
  outputs: { verdict: 'BYTES[-1]' },

  infer({ inputs: { share, time } }) {
    const limitAt = (index: number): number => {
      const hour = Math.floor((time.data[index] ?? 0) * 24);
      const limit = LIMITS[hour];
      if (limit === undefined) throw new Error(`no limit for ${hour} o'clock`);
      return limit;
    };
    return { verdict: Array.from(share.data, (value, index) => (value > limitAt(index) ? 'check' : 'pay')) };
  },
});
