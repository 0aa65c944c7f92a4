import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  DATATYPES,
  type Datatype,
  ELEMENT_SIZE_BYTES,
  elementCount,
  MillraceError,
  packBytes,
  type Signature,
  systemClock,
  type Tensor,
  Turns,
} from '../../../core/index.js';
import type { WireBody } from '../../wire.js';
import { decodeInstances } from './decode.js';
import { createInstancesEncoder } from './encode.js';

const encode = createInstancesEncoder(new Turns(systemClock));

function textOf(body: WireBody): string {
  if (typeof body === 'string') return body;
  return Buffer.concat(Array.isArray(body) ? body : [body as Uint8Array]).toString();
}

/** Any bits, apart from those of floats that are not a number, of which there are several, and of BOOL. */
function dataOf(datatype: Datatype, count: number): fc.Arbitrary<Uint8Array> {
  const words = (min: number, max: number) =>
    fc.array(fc.integer({ min, max }), { minLength: count, maxLength: count });
  switch (datatype) {
    case 'BYTES':
      return fc
        .array(fc.string({ unit: 'binary' }), { minLength: count, maxLength: count })
        .map((texts) => packBytes(texts.map((text) => Buffer.from(text))));
    case 'BOOL':
      return words(0, 1).map((values) => Uint8Array.from(values));
    case 'FP32':
      return fc
        .array(fc.float({ noNaN: true }), { minLength: count, maxLength: count })
        .map((values) => bytesOf(Float32Array.from(values)));
    case 'FP64':
      return fc
        .array(fc.double({ noNaN: true }), { minLength: count, maxLength: count })
        .map((values) => bytesOf(Float64Array.from(values)));
    case 'FP16':
      return words(0, 0x7bff).map((values) => bytesOf(Uint16Array.from(values)));
    case 'BF16':
      return words(0, 0x7f7f).map((values) => bytesOf(Uint16Array.from(values)));
    default: {
      const length = count * ELEMENT_SIZE_BYTES[datatype];
      return fc.uint8Array({ minLength: length, maxLength: length });
    }
  }
}

const tensor = (name: string, leading: readonly number[]): fc.Arbitrary<Tensor> =>
  fc
    .record({
      datatype: fc.constantFrom(...DATATYPES),
      inner: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
      wide: fc.constantFrom(1, 1, 1, 100),
    })
    .chain(({ datatype, inner, wide }) => {
      const shape = [...leading, ...inner, wide];
      return dataOf(datatype, elementCount(shape)).map((data) => ({ name, datatype, shape, data }));
    });

const tensors = fc
  .record({ rows: fc.integer({ min: 1, max: 4 }), count: fc.integer({ min: 1, max: 3 }) })
  .chain(({ rows, count }) => fc.tuple(...Array.from({ length: count }, (_, index) => tensor(`t${index}`, [rows]))));

function signatureOf(all: readonly Tensor[], isKnown: boolean): Signature {
  const inputs = all.map(({ name, datatype, shape }) => {
    const known = shape.map((size, axis) => (isKnown && axis > 0 ? size : -1));
    return { name, datatype, shape: known, batchAxis: 0 as const, optional: false };
  });
  return { inputs, outputs: [] };
}

describe('what is written in either format', () => {
  it('reads back as the same tensors, whatever the signature knows of their shapes', async () => {
    await fc.assert(
      fc.asyncProperty(tensors, fc.constantFrom('row', 'column'), fc.boolean(), async (all, format, isKnown) => {
        const { body } = await encode({ format, outputs: all });
        const text = textOf(body).replace(
          /^\{"(?:predictions|outputs)"/,
          format === 'row' ? '{"instances"' : '{"inputs"',
        );
        const { inputs } = decodeInstances(Buffer.from(text), { signature: signatureOf(all, isKnown) });
        const comparable = (one: Tensor) => ({ ...one, data: Buffer.from(one.data).toString('hex') });
        expect(inputs.map(comparable)).toEqual(all.map(comparable));
      }),
      { numRuns: 500 },
    );
  });

  it('is JSON with the arrays that the shape says', async () => {
    await fc.assert(
      fc.asyncProperty(tensors, async (all) => {
        const { body } = await encode({ format: 'row', outputs: all });
        const text = textOf(body).replace(/-?Infinity/g, '0');
        const { predictions } = JSON.parse(text) as { predictions: readonly Record<string, unknown>[] };
        const shapeOf = (value: unknown): readonly number[] =>
          Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
        for (const { name, shape } of all) {
          const column = all.length === 1 ? predictions : predictions.map((row) => row[name]);
          expect(shapeOf(column)).toEqual(shape);
        }
      }),
      { numRuns: 200 },
    );
  });
});

const SEEDS = [
  '{"instances":[{"x":[1.5,-2e3],"s":"a\\u00e9","i":[[1],[2]]},{"x":[0,1234567890.123456789],"s":{"b64":"/wA="},"i":[[3],[4]]}]}',
  '{"signature_name":"serving_default","inputs":{"x":[[1,2]],"s":["\\ud83d\\ude00 \\"q\\" ]"],"i":[[[1],[2]]]}}',
  ' { "instances" : [ { "i":[[]], "x":[ NaN , -Infinity ], "s":"" } ] , "more":{"a":[null,{}]} } ',
];
const PIECES = [
  '"',
  '\\',
  '[',
  ']',
  '{',
  '}',
  ',',
  ':',
  '-',
  '.',
  'e',
  '0',
  '9'.repeat(20),
  ' ',
  'NaN',
  'true',
  '\0',
  'é',
  '{"b64":"',
];
const MIXED: Signature = {
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 2], batchAxis: 0, optional: false },
    { name: 's', datatype: 'BYTES', shape: [-1], batchAxis: 0, optional: false },
    { name: 'i', datatype: 'INT64', shape: [-1, -1, 1], batchAxis: 0, optional: true },
  ],
  outputs: [],
};

describe('damaged requests', () => {
  const mutation = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat({ max: 3 }),
    insert: fc.oneof(fc.constant(''), fc.constantFrom(...PIECES)),
  });

  it('are read as JSON or refused as invalid_argument', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.constantFrom(...SEEDS), fc.array(mutation, { maxLength: 3 }), (seed, mutations) => {
        const body = mutations.reduce((bytes, { at, remove, insert }) => {
          const from = Math.floor(at * bytes.length);
          return Buffer.concat([bytes.subarray(0, from), Buffer.from(insert), bytes.subarray(from + remove)]);
        }, Buffer.from(seed));
        const before = Buffer.from(body);
        try {
          decodeInstances(body, { signature: MIXED, members: ['signature_name'] });
        } catch (error) {
          expect(error).toBeInstanceOf(MillraceError);
          expect(error).toMatchObject({ code: 'invalid_argument' });
          return;
        } finally {
          expect(body.equals(before)).toBe(true);
        }
        accepted++;
        const strict = body
          .toString()
          .replace(/"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity|Inf)/g, (part) => (part[0] === '"' ? part : '0'));
        expect(() => JSON.parse(strict)).not.toThrow();
      }),
      { numRuns: 3_000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});
