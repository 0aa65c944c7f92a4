import { expect } from 'vitest';

/**
 * Decimals in which numbers of a native library (ONNX Runtime, llama.cpp, libvips) agree with others. Sums of 32-bit floats differ by
 * about 1e-6 of their size between processors, sizes of a batch and places in memory; a wrong row, weight or order of bytes by far more.
 */
const DECIMALS = 4;

/** Matches a number, or a list of them, that agrees within 0.00005, and from 10 on in as many digits. */
export function closeTo(expected: number): number;
export function closeTo(expected: readonly number[]): readonly number[];
export function closeTo(expected: number | readonly number[]): number | readonly number[] {
  if (typeof expected !== 'number') return expected.map((each) => closeTo(each));
  const digits = Math.floor(Math.log10(Math.max(1, Math.abs(expected))));
  // Typed as what it stands for, so that it fits into objects of the expected type.
  return expect.closeTo(expected, DECIMALS - digits) as number;
}
