import { describe, expect, it } from 'vitest';
import { decodeInfer } from './decode-infer.js';

const options = {
  maxInputs: 4,
  signatureOf: () => {
    throw new Error('not asked for');
  },
};

describe('decodeInfer', () => {
  it('reads a JSON request', () => {
    const body = Buffer.from(
      '{"id":"a","inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[[1, -2.5,3e2,NaN]]},{"name":"s","datatype":"BYTES","shape":[2],"data":["h\\u00e9","\\ud83d\\ude00"]},{"data":[1,-9223372036854775808],"name":"i","datatype":"INT64","shape":[2]}]}',
    );
    const got = decodeInfer({ method: 'POST', url: '/', headers: {}, body }, { name: 'm', version: 1 }, options);
    expect(got.request.id).toBe('a');
  });
});
