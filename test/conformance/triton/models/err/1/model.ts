import { defineModel, ModelError } from 'millrace/model';

/** What Triton's error codes are here; it has one for errors of no kind. */
const CODES = [
  'internal',
  'internal',
  'not_found',
  'invalid_argument',
  'unavailable',
  'unimplemented',
  'already_exists',
  'cancelled',
] as const;

/** Fails as it is told: with an error of a kind, or by doing what no model should. */
export default defineModel({
  inputs: { CODE: 'INT32[1]' },
  outputs: { OUT: 'INT32[1]' },
  infer({ inputs }) {
    const { value } = inputs.CODE;
    switch (value) {
      case 100:
        throw new Error('boom in infer');
      case 101:
        process.exit(3);
        break;
      case 102:
        return { OUT: undefined };
      case 103:
        return { OUT: { data: new BigInt64Array(2), shape: [2] } };
      case 104:
        return { OUT: new Int32Array(5) };
      case 105:
        return { NOPE: new Int32Array(1) } as never;
      case 106:
        return null as never;
    }
    throw new ModelError(CODES[value] ?? 'internal', `model says ${value}`);
  },
});
