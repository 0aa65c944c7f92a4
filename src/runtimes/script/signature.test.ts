import { describe, expect, it } from 'vitest';
import type { Signature } from '../../core/index.js';
import type { AnyModelDefinition } from '../../model/index.js';
import { readSignature } from './signature.js';

const infer = () => ({});
// What a script in JavaScript may say is for the checks to find out.
const define = (fields: object) => ({ infer, ...fields }) as AnyModelDefinition;
const read = (fields: object, declared?: Signature, maxBatchSize?: number) =>
  readSignature(define(fields), { declared, maxBatchSize });
const spec = (name: string, shape: readonly number[], batchAxis: 0 | null = null) =>
  ({ name, datatype: 'FP32', shape, batchAxis, optional: false }) as const;
const BOTH = { inputs: { x: 'FP32[-1,2]' }, outputs: { y: 'FP32[-1,2]' } };

describe('the signature of a script', () => {
  it('is what it declares, in short or in full', () => {
    const fields = {
      inputs: { x: 'FP32[ -1, 2 ]', scalar: 'FP32[]', maybe: 'FP32[1]?' },
      outputs: { y: { datatype: 'FP32', shape: [-1], labels: ['cat', 'dog'] } },
    };
    expect(read(fields)).toEqual({
      signature: {
        inputs: [spec('x', [-1, 2]), spec('scalar', []), { ...spec('maybe', [1]), optional: true }],
        outputs: [{ ...spec('y', [-1]), labels: ['cat', 'dog'] }],
      },
      maxBatchSize: undefined,
    });
  });

  it('has a batch dimension where script or configuration say so', () => {
    const batching = { inputs: [spec('x', [-1, 2], 0)], outputs: [spec('y', [-1, 2], 0)] };
    expect(read({ ...BOTH, maxBatchSize: 8 })).toEqual({ signature: batching, maxBatchSize: 8 });
    expect(read(BOTH, undefined, 4)).toEqual({ signature: batching, maxBatchSize: 4 });
    expect(read({ ...BOTH, maxBatchSize: 8 }, undefined, 4).maxBatchSize).toBe(4);
  });

  it('is that of the configuration where the script leaves it open, for inputs and outputs each', () => {
    const declared = { inputs: [spec('a', [1])], outputs: [spec('b', [2])] };
    expect(read({}, declared).signature).toEqual(declared);
    expect(read({ inputs: { x: 'FP32[3]' } }, declared).signature).toEqual({
      inputs: [spec('x', [3])],
      outputs: declared.outputs,
    });
  });

  it.each([
    [{ inputs: {} }, 'outputs are declared neither in the script nor in the configuration'],
    [{ ...BOTH, inputs: { x: 'FP32' } }, "input 'x': expected a datatype and a shape like 'FP32[-1,16]', got 'FP32'"],
    [{ ...BOTH, inputs: { x: 'FLOAT[1]' } }, /^input 'x': 'FLOAT' is no datatype; expected one of BOOL, UINT8, /],
    [
      { ...BOTH, inputs: { x: 'FP32[1,,2]' } },
      "input 'x': expected a shape of sizes, -1 where any is accepted, got [1,null,2]",
    ],
    [
      { ...BOTH, inputs: { x: { datatype: 'FP32' } } },
      "input 'x': expected a shape of sizes, -1 where any is accepted, got undefined",
    ],
    [{ ...BOTH, outputs: { y: 'FP32[1]?' } }, "output 'y': only inputs are optional"],
    [
      { ...BOTH, inputs: { x: 'FP32[2]' }, maxBatchSize: 8 },
      "input 'x' is FP32[2]: with a maxBatchSize its first dimension must be -1",
    ],
  ])('is refused for %j', (fields, message) => {
    expect(() => read(fields)).toThrow(message);
  });

  it.each([
    [8, 16],
    [8, 0],
    [0, 8],
  ])('is refused where the script says maxBatchSize %d and the configuration %d', (own, configured) => {
    expect(() => read({ ...BOTH, maxBatchSize: own }, undefined, configured)).toThrow(
      `maxBatchSize is ${configured} in the configuration, but ${own} in the script`,
    );
  });
});
