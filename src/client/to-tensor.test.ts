import { describe, expect, it } from 'vitest';
import { bytesElements, type Datatype, fromBfloat16Bits, fromHalfBits, typedView } from '../core/index.js';
import { needsMetadata, toTensor } from './to-tensor.js';

function tensorOf(value: unknown, datatype: Datatype, shape: readonly number[]) {
  const tensor = toTensor('x', value, { name: 'x', datatype, shape });
  const elements =
    datatype === 'BYTES'
      ? bytesElements(tensor.data).map((element) => new TextDecoder().decode(element))
      : Array.from(typedView(datatype, tensor.data) as ArrayLike<number | bigint>);
  return { shape: tensor.shape, elements };
}

describe('shapes', () => {
  it.each<[string, unknown, readonly number[], readonly number[]]>([
    [
      'nested lists as they are',
      [
        [1, 2],
        [3, 4],
      ],
      [-1, 2],
      [2, 2],
    ],
    ['one row without its batch dimension', [1, 2], [-1, 2], [1, 2]],
    [
      'an image without its batch dimension',
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [-1, 1, 2, 2],
      [1, 1, 2, 2],
    ],
    ['rows in a flat typed array', Float32Array.of(1, 2, 3, 4), [-1, 2], [2, 2]],
    ['rows as a list of typed arrays', [Float32Array.of(1, 2), Float32Array.of(3, 4)], [-1, 2], [2, 2]],
    ['one row of open length', Float32Array.of(1, 2, 3), [-1, -1], [1, 3]],
    ['a scalar for a scalar', 7, [], []],
    ['a scalar for one element', 7, [1], [1]],
    ['a scalar for one row of one element', 7, [-1, 1], [1, 1]],
    ['a flat array for fixed dimensions', Float32Array.of(1, 2, 3, 4), [2, 2], [2, 2]],
    ['an empty list', [], [-1], [0]],
    ['no rows', [], [-1, 2], [0, 2]],
  ])('takes %s', (_, value, wanted, shape) => {
    expect(tensorOf(value, 'FP32', wanted).shape).toEqual(shape);
  });

  it.each<[string, unknown, readonly number[], string]>([
    [
      'flat data that does not come out even',
      [1, 2, 3],
      [-1, 2],
      'takes FP32[-1,2], got 3 elements; give {data, shape} to say the full shape',
    ],
    [
      'flat data with a choice',
      [1, 2, 3, 4],
      [1, -1, -1],
      'takes FP32[1,-1,-1], got 4 elements; give {data, shape} to say the full shape',
    ],
    [
      'nested lists of another shape',
      [[1, 2, 3]],
      [-1, 2],
      'takes FP32[-1,2], got shape [1,3]; give {data, shape} to say the full shape',
    ],
    [
      'an explicit shape of another size',
      { data: [1, 2, 3], shape: [2, 2] },
      [-1, 2],
      'takes FP32[2,2], got 3 elements; give {data, shape} to say the full shape',
    ],
  ])('refuses %s', (_, value, wanted, message) => {
    expect(() => tensorOf(value, 'FP32', wanted)).toThrow(`input 'x' ${message}`);
  });

  it.each<[string, unknown, string]>([
    ['a short row', [[1, 2], [3]], "input 'x'[1] has 1 element where its neighbours have 2"],
    ['an element among lists', [[1], 2], "input 'x'[1] has an element where a list of 1 fits"],
    ['a list among elements', [[1, [2]]], "input 'x'[0][1] has a list where its neighbours are elements"],
  ])('names the place of %s', (_, value, message) => {
    expect(() => tensorOf(value, 'FP32', [-1, -1])).toThrow(message);
  });
});

describe('elements', () => {
  it.each<[Datatype, unknown, readonly (number | bigint | string)[]]>([
    ['BOOL', [true, false, 1, 0], [1, 0, 1, 0]],
    ['BOOL', Uint8Array.of(1, 0), [1, 0]],
    ['UINT8', [0, 255], [0, 255]],
    ['UINT8', new Uint8ClampedArray([300, -1]), [255, 0]],
    ['UINT8', Buffer.from([1, 2]), [1, 2]],
    ['INT8', [-128, 127], [-128, 127]],
    ['INT32', Int8Array.of(-1, 2), [-1, 2]],
    ['INT64', [1, -2n, 9_007_199_254_740_993n], [1n, -2n, 9_007_199_254_740_993n]],
    ['INT64', BigInt64Array.of(5n), [5n]],
    ['INT64', Int32Array.of(5), [5n]],
    ['UINT64', [18_446_744_073_709_551_615n], [18_446_744_073_709_551_615n]],
    ['FP32', [1.5, Number.NaN, Number.NEGATIVE_INFINITY], [1.5, Number.NaN, Number.NEGATIVE_INFINITY]],
    ['FP64', Float32Array.of(0.5), [0.5]],
    ['BYTES', ['a', new TextEncoder().encode('ü')], ['a', 'ü']],
    ['BYTES', 'alone', ['alone']],
    ['BYTES', Buffer.from('one element'), ['one element']],
  ])('%s takes %o', (datatype, value, elements) => {
    expect(tensorOf(value, datatype, [-1]).elements).toEqual(elements);
  });

  it('widens or takes over half-precision bits', () => {
    expect((tensorOf([1.5], 'FP16', [1]).elements as number[]).map(fromHalfBits)).toEqual([1.5]);
    expect(tensorOf(Uint16Array.of(0x3e00), 'FP16', [1]).elements).toEqual([0x3e00]);
    expect((tensorOf(Float32Array.of(-2), 'BF16', [1]).elements as number[]).map(fromBfloat16Bits)).toEqual([-2]);
  });

  it.each<[Datatype, unknown, string]>([
    ['BOOL', [2], "input 'x'[0] is 2, which BOOL cannot hold"],
    ['UINT8', [1, 256], "input 'x'[1] is 256, which UINT8 cannot hold"],
    ['INT16', [1.5], "input 'x'[0] is 1.5, which INT16 cannot hold"],
    ['INT64', [1.5], "input 'x'[0] is 1.5, which INT64 cannot hold"],
    ['INT64', [2n ** 63n], "input 'x'[0] is 9223372036854775808n, which INT64 cannot hold"],
    ['UINT64', [-1], "input 'x'[0] is -1, which UINT64 cannot hold"],
    ['FP32', ['1'], "input 'x'[0] is '1', which FP32 cannot hold"],
    ['FP16', [true], "input 'x'[0] is true, which FP16 cannot hold"],
    ['BF16', [null], "input 'x'[0] is null, which BF16 cannot hold"],
    ['BYTES', ['a', 1], "input 'x'[1] is 1, not a string or Uint8Array"],
  ])('%s refuses %o', (datatype, value, message) => {
    expect(() => tensorOf(value, datatype, [-1])).toThrow(message);
  });
});

describe('explicit tensors', () => {
  it('need no metadata when datatype and shape are there', () => {
    expect(needsMetadata({ data: [1], shape: [1], datatype: 'INT32' })).toBe(false);
    expect(needsMetadata({ data: Int32Array.of(1), shape: [1] })).toBe(false);
    expect(needsMetadata({ data: [1], shape: [1] })).toBe(true);
    expect(needsMetadata(Int32Array.of(1))).toBe(true);
  });

  it('take the datatype of their typed array when nobody else says one', () => {
    const tensor = toTensor('x', { data: Int32Array.of(1, 2), shape: [2] }, undefined);
    expect(tensor).toMatchObject({ name: 'x', datatype: 'INT32', shape: [2] });
  });

  it('are refused when nobody says a datatype', () => {
    expect(() => toTensor('x', { data: [1], shape: [1] }, undefined)).toThrow(
      "input 'x' has no datatype and the model no input of this name",
    );
  });
});
