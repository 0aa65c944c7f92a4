import { describe, expect, it } from 'vitest';
import { chooseSeed, Random } from '../../../../test/support/random.js';
import { bytesOf, type Datatype, fromBfloat16Bits, fromHalfBits } from '../../../core/index.js';
import { writeFloat32 } from './format-float.js';
import { writeElements } from './write-elements.js';
import { JsonWriter } from './writer.js';

function write(datatype: Datatype, values: Float32Array | Uint16Array): string {
  const writer = new JsonWriter();
  writeElements(writer, { name: 'y', datatype, shape: [values.length], data: bytesOf(values) });
  return Buffer.from(writer.finishBytes()).toString('latin1');
}

/** The same one by one, which `format-float.test.ts` checks. */
function oneByOne(values: Iterable<number>): string {
  const bytes = Buffer.alloc(64);
  return Array.from(values, (value) => bytes.toString('latin1', 0, writeFloat32(bytes, 0, value))).join(',');
}

/** Of any bits, of any size that numbers are written in without an exponent, short decimals, and neighbours of powers of ten and two. */
const KINDS: readonly ((random: Random) => number)[] = [
  (random) => new Float32Array(random.bytes(4).buffer)[0] as number,
  (random) => random.next() * 10 ** random.integer(-14, 8),
  (random) => Number((random.next() * 10 ** random.integer(-5, 7)).toPrecision(random.integer(1, 8))),
  (random) => neighbour(10 ** random.integer(-13, 8), random.integer(-3, 3)),
  (random) => neighbour(2 ** random.integer(-44, 24), random.integer(-3, 3)),
  (random) => random.integer(0, 20_000_000),
];

function neighbour(value: number, steps: number): number {
  const bits = Int32Array.of(0);
  const float = new Float32Array(bits.buffer);
  float[0] = value;
  bits[0] = (bits[0] as number) + steps;
  return float[0] as number;
}

describe('writeElements of floats', () => {
  it('writes long lists to the letter as number by number', () => {
    const seed = chooseSeed();
    const random = new Random(seed);
    for (let list = 0; list < 500; list++) {
      const kinds = random.chance(0.5) ? KINDS : [random.pick(KINDS)];
      const sign = () => (random.chance(0.5) ? -1 : 1);
      const values = Float32Array.from({ length: 1_000 }, () => random.pick(kinds)(random) * sign());
      const [actual, expected] = [write('FP32', values), oneByOne(values)];
      if (actual !== expected) expect({ seed, texts: actual.split(',') }).toEqual({ seed, texts: expected.split(',') });
    }
  });

  it('writes every power of two and its neighbours as number by number', () => {
    const exponents = Array.from({ length: 277 }, (_, index) => index - 149);
    const values = Float32Array.from(
      exponents.flatMap((exponent) => [-1, 0, 1].map((steps) => neighbour(2 ** exponent, steps))),
    );
    expect(write('FP32', values)).toBe(oneByOne(values));
  });

  it.each([0, 1, 31, 32, 33, 681, 682, 683, 1_365, 16_384, 16_385, 40_000])('writes lists of %i', (length) => {
    const special = [0, -0, 0.25, Number.NaN, 1e20, 1e-20, Number.NEGATIVE_INFINITY, -1.5, 3];
    const values = Float32Array.from({ length }, (_, index) => special[index % special.length] as number);
    expect(write('FP32', values)).toBe(oneByOne(values));
    expect(write('FP32', values.fill(Number.NaN))).toBe(oneByOne(values));
  });

  it('writes all values of the 16-bit types', () => {
    const bits = Uint16Array.from({ length: 65_536 }, (_, index) => index);
    expect(write('FP16', bits)).toBe(oneByOne(Array.from(bits, fromHalfBits)));
    expect(write('BF16', bits)).toBe(oneByOne(Array.from(bits, fromBfloat16Bits)));
  });
});
