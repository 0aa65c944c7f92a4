import { expect, it } from 'vitest';
import { type CheckedAssembly, computesCorrectly } from './check-assembly.js';
import { FloatAssembly } from './float-assembly.js';
import { writeFloat32 } from './format-float.js';

const ARRAY_ENDED = -1;

/** Does without WebAssembly what that does, with changes. */
function standIn(change: (right: CheckedAssembly) => Partial<CheckedAssembly> = () => ({})): CheckedAssembly {
  let [text, status] = ['', 0];
  let values = new Float32Array();
  const right: CheckedAssembly = {
    textAt: 0,
    arrayEnded: ARRAY_ENDED,
    get status() {
      return status;
    },
    loadValues: (given) => {
      values = Float32Array.from(given);
    },
    format: (from, to) => {
      status = to;
      const bytes = Buffer.alloc(1_000);
      let at = 0;
      for (const value of values.subarray(from, to)) {
        at += bytes.write(',', at);
        at = writeFloat32(bytes, at, value);
      }
      return bytes.subarray(0, at);
    },
    load: (bytes, start, end) => {
      text = bytes.toString('latin1', start, end);
    },
    scan: () => {
      status = ARRAY_ENDED;
      return JSON.parse(`[${text}`).length;
    },
    store: (count, out, at) => out.set(JSON.parse(`[${text}`).slice(0, count), at),
  };
  return Object.defineProperties(right, Object.getOwnPropertyDescriptors(change({ ...right })));
}

it('WebAssembly that computes as the code without it does is used', () => {
  expect(computesCorrectly(standIn())).toBe(true);
});

it('the WebAssembly of this package is used where it writes digits', () => {
  const assembly = new FloatAssembly();
  assembly.loadValues(Float32Array.of(54_321.5, 1.25e-7));
  const written = Buffer.from(assembly.format(0, 2)).toString('latin1');
  expect(computesCorrectly(assembly)).toBe(written === ',54321.5,1.25e-7');
});

it('WebAssembly that writes other bytes is not used', () => {
  // As Node 20 without AVX: zeros in place of digits.
  const zeros = standIn(({ format }) => ({
    format: (from, to) => format(from, to).map((byte) => (byte === 0x35 ? 0 : byte)),
  }));
  expect(computesCorrectly(zeros)).toBe(false);
});

it('WebAssembly that reads other numbers, or not all of them, is not used', () => {
  const shifted = standIn(({ store }) => ({
    store: (count, out, at) => {
      store(count, out, at);
      out[3] = (out[3] ?? 0) * 10;
    },
  }));
  const fewer = standIn(({ scan }) => ({ scan: (start, end, double) => scan(start, end, double) - 1 }));
  expect([shifted, fewer].map(computesCorrectly)).toEqual([false, false]);
});

it('WebAssembly that leaves its work half done is not used', () => {
  expect(computesCorrectly(standIn(() => ({ status: 3 })))).toBe(false);
});
