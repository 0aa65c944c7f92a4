import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, type Datatype, packBytes, type Tensor, toBfloat16Bits, toHalfBits } from '../core/index.js';
import { compareAnswers, compareAtOnce } from './compare-answers.js';
import type { ComparisonRules, OutputRule } from './rules.js';

const RULES: ComparisonRules = { absoluteTolerance: 1e-5, relativeTolerance: 1e-3, outputs: {} };

function floats(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
  return { name: 'y', datatype: 'FP32', shape, data: bytesOf(new Float32Array(values)) };
}

function texts(...values: readonly string[]): Tensor {
  return {
    name: 'y',
    datatype: 'BYTES',
    shape: [values.length],
    data: packBytes(values.map((text) => Buffer.from(text))),
  };
}

function raw(datatype: Datatype, array: ArrayBufferView, shape: readonly number[]): Tensor {
  return { name: 'y', datatype, shape, data: bytesOf(array) };
}

function compare(primary: Tensor, shadow: Tensor, rule: OutputRule = {}) {
  const answer = (tensor: Tensor) => ({ outputs: [tensor], finishReason: undefined });
  const rules = { ...RULES, outputs: { y: rule } };
  return compareAtOnce(compareAnswers(answer(primary), answer(shadow), rules)).outputs[0];
}

describe('numbers', () => {
  it('agree within the tolerance, which grows with the number', () => {
    expect(compare(floats([1, 1_000]), floats([1.0005, 1_000.5]))).toMatchObject({ agrees: true, differing: 0 });
    const worse = compare(floats([1, 1_000, 0]), floats([1.5, 1_000.5, 0]));
    expect(worse).toMatchObject({ agrees: false, elements: 3, differing: 1, maxDifference: 0.5 });
    expect(worse).toHaveProperty('meanDifference', 1 / 3);
  });

  it('that are NaN or infinite agree with themselves only, and 0 with -0', () => {
    const odd = [Number.NaN, Infinity, -Infinity, 0];
    expect(compare(floats(odd), floats([...odd.slice(0, 3), -0]))).toMatchObject({ agrees: true, nonFinite: 0 });
    expect(compare(floats(odd), floats([1, -Infinity, Number.NaN, 0]))).toMatchObject({
      agrees: false,
      differing: 3,
      nonFinite: 3,
      maxDifference: 0,
    });
  });

  it.each([
    { datatype: 'FP16' as const, toBits: toHalfBits },
    { datatype: 'BF16' as const, toBits: toBfloat16Bits },
  ])('of $datatype are compared by their value', ({ datatype, toBits }) => {
    const tensor = (...values: readonly number[]) => raw(datatype, Uint16Array.from(values, toBits), [values.length]);
    expect(compare(tensor(1, 2, -0), tensor(1, 2.5, 0))).toMatchObject({ differing: 1, maxDifference: 0.5 });
  });

  it('that are whole are to be the same, also beyond 2^53, unless their output tolerates more', () => {
    const big = (...values: readonly bigint[]) => raw('INT64', BigInt64Array.from(values), [values.length]);
    const [left, right] = [big(2n ** 60n, -5n), big(2n ** 60n + 1n, -5n)];
    expect(compare(left, right)).toMatchObject({ agrees: false, differing: 1, maxDifference: 1 });
    expect(compare(left, right, { absoluteTolerance: 1 })).toMatchObject({ agrees: true, maxDifference: 1 });
    const flags = (value: number) => raw('BOOL', Uint8Array.of(value), [1]);
    expect(compare(flags(1), flags(0))).toMatchObject({ agrees: false, differing: 1 });
  });

  it('that there are none of agree', () => {
    expect(compare(floats([], [0, 4]), floats([], [0, 4]))).toMatchObject({ agrees: true, elements: 0 });
  });

  it('agree with themselves, whatever they are, and differ as much in both directions', () => {
    const values = fc.array(fc.double(), { minLength: 1, maxLength: 50 });
    const doubles = (list: readonly number[]) => raw('FP64', Float64Array.from(list), [list.length]);
    fc.assert(
      fc.property(values, values, (left, right) => {
        expect(compare(doubles(left), doubles(left))).toMatchObject({ agrees: true, maxDifference: 0 });
        const size = Math.min(left.length, right.length);
        const [a, b] = [doubles(left.slice(0, size)), doubles(right.slice(0, size))];
        const [there, back] = [compare(a, b), compare(b, a)];
        expect(there).toHaveProperty('nonFinite', (back as { nonFinite?: number }).nonFinite);
        expect(there).toHaveProperty('maxDifference', (back as { maxDifference?: number }).maxDifference);
      }),
    );
  });
});

describe('classes', () => {
  it('agree where the highest one is the same, whatever its probability', () => {
    const primary = floats([0.1, 0.9, 0.6, 0.4], [2, 2]);
    expect(compare(primary, floats([0.4, 0.6, 0.9, 0.1], [2, 2]))).toMatchObject({
      agrees: true,
      differing: 4,
      classes: { rows: 2, flips: 0, distributions: 2, totalVariation: expect.closeTo(0.6, 5) },
    });
    expect(compare(primary, floats([0.1, 0.9, 0.4, 0.6], [2, 2]))).toMatchObject({
      agrees: false,
      classes: { flips: 1 },
    });
  });

  it('are not seen in what is no distribution, unless it is said to hold scores', () => {
    const [primary, shadow] = [floats([1, 5], [1, 2]), floats([7, 5], [1, 2])];
    expect(compare(primary, shadow)).toHaveProperty('classes', undefined);
    expect(compare(floats([0.5, 0.5], [1, 2]), shadow, { as: 'values' })).toHaveProperty('classes', undefined);
    expect(compare(primary, shadow, { as: 'scores' })).toMatchObject({
      agrees: false,
      classes: { flips: 1, distributions: 1 },
    });
    expect(compare(primary, floats([-1e38, Number.NaN], [1, 2]), { as: 'scores' })).toMatchObject({
      classes: { flips: 1, distributions: 0 },
    });
    expect(compare(floats([-1, 2], [1, 2]), primary, { as: 'probabilities' })).toMatchObject({
      classes: { distributions: 0 },
    });
  });

  it('are as far apart in both directions, between 0 and 1', () => {
    const weights = fc.array(fc.double({ min: 0, max: 1e300, noNaN: true }), { minLength: 3, maxLength: 3 });
    const row = (list: readonly number[]) => raw('FP64', Float64Array.from(list), [1, list.length]);
    fc.assert(
      fc.property(weights, weights, (left, right) => {
        const there = compare(row(left), row(right), { as: 'probabilities' });
        const back = compare(row(right), row(left), { as: 'probabilities' });
        if (there?.kind !== 'numbers' || back?.kind !== 'numbers') throw new Error('no numbers');
        const { totalVariation = 0, jensenShannon = 0 } = there.classes ?? {};
        expect(totalVariation).toBeCloseTo(back.classes?.totalVariation ?? -1, 10);
        expect(totalVariation >= 0 && totalVariation <= 1 && jensenShannon >= 0 && jensenShannon <= 1).toBe(true);
        // Endres and Schindelin 2003: the root of the divergence is a metric, and total variation bounds the divergence.
        expect(jensenShannon ** 2).toBeLessThanOrEqual(totalVariation + 1e-9);
      }),
    );
  });
});

describe('texts', () => {
  it('agree but for case, spaces and punctuation', () => {
    expect(compare(texts('Yes, it is.', 'Ｆｉｎｅ', 'no'), texts('yes it  is', 'fine', 'not'))).toEqual({
      name: 'y',
      kind: 'texts',
      agrees: false,
      elements: 3,
      exact: 0,
      normalised: 2,
    });
    expect(compare(texts('2+2=4'), texts('2-2=4'))).toMatchObject({ normalised: 0 });
  });

  it('that are no UTF-8 are compared byte by byte', () => {
    const bytes = (...values: readonly number[]) => ({ ...texts(''), data: packBytes([Uint8Array.from(values)]) });
    expect(compare(bytes(0xff), bytes(0xfe))).toMatchObject({ agrees: false });
    expect(compare(bytes(0xff), bytes(0xff))).toMatchObject({ agrees: true, exact: 1 });
  });
});

describe('answers', () => {
  it.each([
    { shadow: { ...floats([1, 2]), datatype: 'INT32' as const }, detail: 'FP32 became INT32' },
    { shadow: floats([1, 2], [2, 1]), detail: '[2] became [2,1]' },
    { shadow: { ...floats([1, 2]), name: 'z' }, detail: 'the shadow has none' },
  ])('whose tensors are not alike do not agree: $detail', ({ shadow, detail }) => {
    expect(compare(floats([1, 2]), shadow)).toMatchObject({ agrees: false, kind: 'mismatch', detail });
  });

  it('may have outputs that do not count', () => {
    const answer = (...outputs: readonly Tensor[]) => ({ outputs, finishReason: undefined });
    const extra = { ...floats([1]), name: 'extra' };
    const compared = compareAnswers(answer(floats([1])), answer(floats([1]), extra), RULES);
    expect(compareAtOnce(compared)).toMatchObject({
      agrees: false,
      outputs: [{}, { name: 'extra', mismatch: 'added' }],
    });
    const rules = { ...RULES, outputs: { extra: { as: 'ignored' as const }, y: { as: 'ignored' as const } } };
    const ignored = compareAtOnce(compareAnswers(answer(floats([1])), answer(floats([2]), extra), rules));
    expect(ignored).toEqual({ agrees: true, outputs: [] });
  });

  it('of any size let others have their turn', () => {
    const large = floats(Array.from({ length: 200_000 }, () => 1));
    let turns = 0;
    const answer = { outputs: [large], finishReason: undefined };
    const comparing = compareAnswers(answer, answer, RULES);
    while (comparing.next().done !== true) turns++;
    expect(turns).toBeGreaterThanOrEqual(6);
  });
});
