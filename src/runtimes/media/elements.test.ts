import { expect, it } from 'vitest';
import { toElements } from './elements.js';

const VALUES = Float64Array.of(-300.6, 0, 1.5, 70_000);

it.each([
  ['UINT8', Uint8Array.of(0, 0, 2, 255)],
  ['INT8', Int8Array.of(-128, 0, 2, 127)],
  ['UINT16', Uint16Array.of(0, 0, 2, 65_535)],
  ['INT16', Int16Array.of(-301, 0, 2, 32_767)],
  ['UINT32', Uint32Array.of(0, 0, 2, 70_000)],
  ['INT32', Int32Array.of(-301, 0, 2, 70_000)],
  ['UINT64', BigUint64Array.of(0n, 0n, 2n, 70_000n)],
  ['INT64', BigInt64Array.of(-301n, 0n, 2n, 70_000n)],
  ['FP64', VALUES],
  ['FP32', Float32Array.from(VALUES)],
  ['FP16', Uint16Array.of(0xdcb2, 0, 0x3e00, 0x7c00)],
  ['BF16', Uint16Array.of(0xc396, 0, 0x3fc0, 0x4789)],
] as const)('makes %s of numbers', (datatype, expected) => {
  expect(toElements(datatype, VALUES)).toEqual(expected);
});
