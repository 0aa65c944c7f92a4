import { MAX_NUMBER_BYTES, writeFloat32 } from './format-float.js';

/** The functions of `FloatAssembly` that are compared with the code without WebAssembly. */
export interface CheckedAssembly {
  readonly textAt: number;
  readonly arrayEnded: number;
  readonly status: number;
  load(text: Buffer, start: number, end: number): void;
  scan(start: number, end: number, double: boolean): number;
  store(count: number, out: Float32Array | Float64Array, at: number): void;
  loadValues(values: Float32Array): void;
  format(from: number, to: number): Uint8Array;
}

/** One to nine digits, up to seven of them in front of the point, and negative exponents of one and two digits. */
const SAMPLES = Float32Array.of(
  ...[0, 1, -20, 300.5, 4_321, -54_321.5, 654_321.1, 7_654_321, 0.1, -0.012_345, 0.001_234_567_8, 0.000_056_78],
  ...[1e-5, -9.876_543e-6, 1.234_567_9e-7, 2e-10, -3.456e-12],
);

/**
 * Whether WebAssembly writes and reads floats as the code without it does. Until the functions have been optimised, V8 of Node 20 compiles a
 * SIMD instruction wrongly for processors with SSE4.1 and without AVX.
 */
export function computesCorrectly(assembly: CheckedAssembly): boolean {
  const expected = Buffer.from([...SAMPLES].map((value) => `,${textOf(value)}`).join(''), 'latin1');
  assembly.loadValues(SAMPLES);
  if (!expected.equals(assembly.format(0, SAMPLES.length)) || assembly.status !== SAMPLES.length) return false;
  const text = Buffer.from(`${expected.subarray(1).toString('latin1')}]`, 'latin1');
  assembly.load(text, 0, text.length);
  const values = JSON.parse(`[${text.toString('latin1')}`) as readonly number[];
  return [new Float32Array(SAMPLES.length), new Float64Array(SAMPLES.length)].every((read) => {
    const count = assembly.scan(assembly.textAt, assembly.textAt + text.length, read instanceof Float64Array);
    if (count !== SAMPLES.length || assembly.status !== assembly.arrayEnded) return false;
    assembly.store(count, read, 0);
    const wanted = read instanceof Float64Array ? values : SAMPLES;
    return read.every((value, index) => Object.is(value, wanted[index]));
  });
}

function textOf(value: number): string {
  const bytes = Buffer.alloc(MAX_NUMBER_BYTES);
  return bytes.toString('latin1', 0, writeFloat32(bytes, 0, value));
}
