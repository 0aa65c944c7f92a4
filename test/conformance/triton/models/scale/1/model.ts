import { defineModel, ModelError } from 'millrace/model';

/** Divides by ten, but not what is far below zero. */
export default defineModel({
  inputs: { raw: 'FP32[-1,16]' },
  outputs: { scaled: 'FP32[-1,16]' },
  infer({ inputs }) {
    const { data } = inputs.raw;
    if (data.some((value) => value < -1e6)) throw new ModelError('invalid_argument', 'scale: value below limit');
    return { scaled: data.map((value) => value / 10) };
  },
});
