import { expect, it } from 'vitest';
import { computesCorrectly } from './check-assembly.js';
import { FloatAssembly } from './float-assembly.js';

/** With one of its functions computing something else. */
function spoilt(change: Partial<Pick<FloatAssembly, 'format' | 'store' | 'scan'>>) {
  const assembly = new FloatAssembly();
  return {
    textAt: assembly.textAt,
    arrayEnded: assembly.arrayEnded,
    get status() {
      return assembly.status;
    },
    load: assembly.load.bind(assembly),
    loadValues: assembly.loadValues.bind(assembly),
    scan: change.scan ?? assembly.scan.bind(assembly),
    store: change.store ?? assembly.store.bind(assembly),
    format: change.format ?? assembly.format.bind(assembly),
  };
}

it('WebAssembly that computes as the code without it does is used', () => {
  expect(computesCorrectly(new FloatAssembly())).toBe(true);
  expect(computesCorrectly(spoilt({}))).toBe(true);
});

it('WebAssembly that writes other bytes is not used', () => {
  const { format } = spoilt({});
  // As Node 20 does without AVX: zeros in place of digits.
  const zeros = (from: number, to: number) => format(from, to).map((byte) => (byte === 0x35 ? 0 : byte));
  expect(computesCorrectly(spoilt({ format: zeros }))).toBe(false);
});

it('WebAssembly that reads other numbers, or not all of them, is not used', () => {
  const { scan, store } = spoilt({});
  const shifted: FloatAssembly['store'] = (count, out, at) => {
    store(count, out, at);
    out[3] = (out[3] ?? 0) * 10;
  };
  expect(computesCorrectly(spoilt({ store: shifted }))).toBe(false);
  expect(computesCorrectly(spoilt({ scan: (start, end, double) => scan(start, end, double) - 1 }))).toBe(false);
});
