import fc from 'fast-check';
import { expect, it } from 'vitest';
import { request } from '../../test/support/engine-fixture.js';
import type { Datatype, Parameters, ParameterValue } from '../core/index.js';
import { cacheKey } from './cache-key.js';

interface Asked {
  readonly generation: number;
  readonly ownerId: string;
  readonly inputs: readonly { readonly name: string; readonly datatype: Datatype; readonly data: Uint8Array }[];
  readonly shapes: readonly (readonly number[])[];
  readonly outputs: readonly string[] | undefined;
  readonly parameters: Parameters;
}

function keyOf({ generation, ownerId, inputs, shapes, outputs, parameters }: Asked): string {
  const tensors = inputs.map((input, index) => ({ ...input, shape: shapes[index] ?? [] }));
  const checked = { inputs: tensors, rows: 1, sizeBytes: 0, shapeKey: '', outputs, generation: undefined };
  return cacheKey({ generation, ownerId }, request(0, { parameters }), checked);
}

/** Few letters and short texts, so that requests come out almost alike. */
const text = fc.string({ unit: fc.constantFrom('a', '1', ':', '<', '>', '*', '?', '[', ','), maxLength: 3 });
const asked: fc.Arbitrary<Asked> = fc.record({
  generation: fc.integer({ min: 1, max: 12 }),
  ownerId: text,
  inputs: fc.array(
    fc.record({
      name: text,
      datatype: fc.constantFrom('INT8', 'INT16', 'BYTES'),
      data: fc.uint8Array({ max: 2, maxLength: 3 }),
    }),
    { maxLength: 2 },
  ),
  shapes: fc.array(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 2 }), { minLength: 2, maxLength: 2 }),
  outputs: fc.option(fc.array(text, { maxLength: 2 }), { nil: undefined }),
  parameters: fc.dictionary(
    text.filter((name) => name !== ''),
    fc.oneof(
      fc.boolean(),
      fc.constantFrom(0, -0, 1, 1n, '1', 'true', Number.NaN),
      text,
      fc.array(fc.constantFrom(1, '1', null, true), { maxLength: 2 }),
      fc.dictionary(text, fc.constantFrom(1, '1'), { maxKeys: 2, noNullPrototype: true }),
    ),
    { maxKeys: 2 },
  ),
});

/** Texts as they are, and what JSON can tell apart as JSON. */
function writtenOf(value: ParameterValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** All that a model gets to see of a request, written in a way that cannot be mistaken. */
function plain({ generation, ownerId, inputs, shapes, outputs, parameters }: Asked): unknown {
  return {
    generation,
    ownerId,
    inputs: inputs.map(({ name, datatype, data }, index) => ({
      name,
      datatype,
      data: [...data],
      shape: shapes[index],
    })),
    outputs: outputs ?? 'all',
    parameters: Object.entries(parameters)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, typeof value, Object.is(value, -0) ? '-0' : writtenOf(value)]),
  };
}

it('is the same for equal requests only', () => {
  fc.assert(
    fc.property(asked, asked, (one, other) => {
      expect(keyOf(one) === keyOf(other)).toBe(JSON.stringify(plain(one)) === JSON.stringify(plain(other)));
      expect(keyOf(structuredClone(one))).toBe(keyOf(one));
    }),
    { numRuns: 2_000 },
  );
});

it('tells boundaries between tensors apart, and knows no order of parameters', () => {
  const input = (name: string, ...data: readonly number[]) => {
    return { name, datatype: 'UINT8' as const, data: Uint8Array.from(data) };
  };
  const base: Asked = {
    generation: 1,
    ownerId: 'a',
    inputs: [],
    shapes: [],
    outputs: undefined,
    parameters: { a: 1, b: 2 },
  };
  const keys = [
    [input('a', 1, 2), input('b', 3)],
    [input('a', 1), input('b', 2, 3)],
    [input('a', 1, 2, 3), input('b')],
  ].map((inputs) => keyOf({ ...base, inputs }));
  expect(new Set(keys).size).toBe(3);
  expect(keyOf({ ...base, parameters: { b: 2, a: 1 } })).toBe(keyOf(base));
});
