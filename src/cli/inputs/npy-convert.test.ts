import { expect, it } from 'vitest';
import { bytesOf, type Datatype, type NumericArray, typedView } from '../../core/index.js';
import { convertNpy } from './npy-convert.js';

const converted = (datatype: Datatype, values: NumericArray, wanted: Datatype) => {
  const array = convertNpy({ datatype, shape: [values.length], data: bytesOf(values) }, wanted);
  return [array.datatype, array.shape, ...typedView(array.datatype, array.data)];
};

it.each<[Datatype, NumericArray, Datatype, readonly (number | bigint)[]]>([
  ['FP64', Float64Array.of(0.1, Number.NaN, -1), 'FP32', [Math.fround(0.1), Number.NaN, -1]],
  ['FP32', Float32Array.of(0.5), 'FP64', [0.5]],
  ['INT64', BigInt64Array.of(-7n, 16_777_216n), 'FP32', [-7, 16_777_216]],
  ['INT64', BigInt64Array.of(-128n), 'INT8', [-128]],
  ['INT32', Int32Array.of(255), 'UINT8', [255]],
])('%s %o is converted to %s', (datatype, values, wanted, expected) => {
  expect(converted(datatype, values, wanted)).toEqual([wanted, [values.length], ...expected]);
});

it.each<[Datatype, NumericArray, Datatype]>([
  ['INT64', BigInt64Array.of(16_777_217n), 'FP32'],
  ['INT64', BigInt64Array.of(128n), 'INT8'],
  ['INT64', BigInt64Array.of(-1n), 'UINT32'],
  ['FP64', Float64Array.of(1), 'INT32'],
  ['FP32', Float32Array.of(1), 'BYTES'],
  ['FP16', Uint16Array.of(1), 'FP32'],
])('%s %o stays what it is where %s would change it', (datatype, values, wanted) => {
  expect(converted(datatype, values, wanted)).toEqual([datatype, [values.length], ...values]);
});
