import { defineModel } from 'millrace/model';

/** In service: has somebody look at payments that take most of an account. */
export default defineModel({
  // Each between 0 and 1: the share of the account that is spent, and the time of day (0.5 = noon).
  inputs: { share: 'FP32[-1]', time: 'FP32[-1]' },
  outputs: { verdict: 'BYTES[-1]' },

  infer({ inputs }) {
    return { verdict: Array.from(inputs.share.data, (share) => (share > 0.9 ? 'check' : 'pay')) };
  },
});
