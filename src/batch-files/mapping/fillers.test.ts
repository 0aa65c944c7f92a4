import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spec } from '../../../test/support/batch-files.js';
import { type Datatype, decodeElements, nestElements, type TensorSpec } from '../../core/index.js';
import { BatchBuilder } from '../running/batch-builder.js';
import { type Block, START } from '../types.js';
import type { InputPlan } from './plan-inputs.js';

function blockOf(rows: readonly Readonly<Record<string, unknown>>[]): Block {
  return {
    first: START,
    rows: rows.length,
    column: (name) => ({ at: (row) => rows[row]?.[name] }),
    problems: new Map(),
    line: () => undefined,
    next: { ...START, row: rows.length },
  };
}

function planOf(input: TensorSpec, { isText = false, elements = 0, isEncoded = false } = {}): InputPlan {
  const column = (name: string) => ({ name, type: '', isText, isNumeric: true });
  const source =
    elements === 0
      ? { whole: column('c') }
      : { elements: Array.from({ length: elements }, (_, at) => column(`c${at}`)) };
  return { spec: input, rowShape: input.batchAxis === 0 ? input.shape.slice(1) : input.shape, source, isEncoded };
}

/** What a batch of these rows has, as lists, or why the first that does not fit does not. */
function fill(plan: InputPlan, rows: readonly unknown[]) {
  const builder = new BatchBuilder([plan], 100);
  const block = blockOf(rows.map((row) => ('whole' in plan.source ? { c: row } : (row as Record<string, unknown>))));
  builder.begin(block);
  for (let row = 0; row < rows.length; row++) {
    const added = builder.add(block, row);
    if (added !== undefined) return typeof added === 'string' ? added : added.problem;
  }
  const tensor = builder.take()?.inputs[0];
  if (tensor === undefined) return undefined;
  return { shape: tensor.shape, rows: nestElements(decodeElements(tensor) as ArrayLike<unknown>, tensor.shape) };
}

describe('rows of a fixed count of numbers', () => {
  it('take lists, nested as the input is or flat, and the names of numbers that JSON has none for', () => {
    expect(
      fill(planOf(spec('x', 'FP32', [-1, 2])), [
        [1, 2.5],
        ['NaN', '-Infinity'],
      ]),
    ).toEqual({
      shape: [2, 2],
      rows: [
        [1, 2.5],
        [Number.NaN, Number.NEGATIVE_INFINITY],
      ],
    });
    const matrix = planOf(spec('x', 'INT32', [-1, 2, 2]));
    expect(
      fill(matrix, [
        [
          [1, 2],
          [3, 4],
        ],
        [5, 6, 7, 8],
      ]),
    ).toEqual({
      shape: [2, 2, 2],
      rows: [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [5, 6],
          [7, 8],
        ],
      ],
    });
  });

  it('take a single value for a row of one element, and columns of elements', () => {
    expect(fill(planOf(spec('x', 'UINT8', [-1, 1])), [7, [8]])).toEqual({ shape: [2, 1], rows: [[7], [8]] });
    expect(fill(planOf(spec('x', 'FP64', [-1])), [7])).toEqual({ shape: [1], rows: [7] });
    const text = planOf(spec('x', 'FP32', [-1, 2]), { isText: true, elements: 2 });
    expect(fill(text, [{ c0: ' 1e3', c1: '-.5' }])).toEqual({ shape: [1, 2], rows: [[1000, -0.5]] });
  });

  it.each<[Datatype, readonly number[], unknown, string]>([
    ['FP32', [-1, 2], [1], "column 'c': expected FP32[2], got 1 elements"],
    ['FP32', [-1, 2], 5, "column 'c': expected FP32[2], got 5"],
    ['FP32', [-1, 2], [1, 'abc'], "column 'c'[1]: expected FP32, got 'abc'"],
    ['FP32', [-1, 2], [1, null], "column 'c'[1] has no value"],
    ['FP32', [-1, 2], null, "column 'c' has no value"],
    ['FP32', [-1, 2], [[1], [2]], "column 'c': expected FP32[2], got lists of other sizes"],
    ['FP32', [-1, 2, 2], [[1, 2, 3], [4]], "column 'c': expected FP32[2,2], got lists of other sizes"],
    ['UINT8', [-1, 2], [1, 256], "column 'c'[1]: expected UINT8, got 256"],
    ['INT32', [-1, 1], 1.5, "column 'c': expected INT32, got 1.5"],
    ['FP32', [-1, 1], { a: 1 }, "column 'c': expected FP32, got an object"],
  ])('of %s%j refuse %j', (datatype, shape, value, message) => {
    expect(fill(planOf(spec('x', datatype, shape)), [value])).toBe(message);
  });

  it('of CSV refuse words and empty fields', () => {
    const text = planOf(spec('x', 'FP32', [-1, 2]), { isText: true, elements: 2 });
    expect(fill(text, [{ c0: '1', c1: '0x10' }])).toBe("column 'c1': expected FP32, got '0x10'");
    expect(fill(text, [{ c0: '', c1: '1' }])).toBe("column 'c0' has no value");
  });
});

describe('rows of any other kind', () => {
  it('take texts, booleans, large integers and half floats', () => {
    expect(fill(planOf(spec('x', 'BYTES', [-1, 1])), ['a', ['ü']])).toEqual({ shape: [2, 1], rows: [['a'], ['ü']] });
    expect(fill(planOf(spec('x', 'BOOL', [-1, 2])), [[true, 0]])).toEqual({ shape: [1, 2], rows: [[1, 0]] });
    const long = planOf(spec('x', 'INT64', [-1, 1]), { isText: true });
    expect(fill(long, ['9007199254740993'])).toEqual({ shape: [1, 1], rows: [[9007199254740993n]] });
    expect(fill(planOf(spec('x', 'FP16', [-1, 1])), [0.5])).toEqual({ shape: [1, 1], rows: [[0.5]] });
  });

  it('share a request with those of their size only', () => {
    const open = planOf(spec('x', 'FP32', [-1, -1]));
    expect(
      fill(open, [
        [1, 2],
        [3, 4],
      ]),
    ).toEqual({
      shape: [2, 2],
      rows: [
        [1, 2],
        [3, 4],
      ],
    });
    expect(fill(open, [[1, 2], [3]])).toBe('other shape');
  });

  it.each<[Datatype, readonly number[], unknown, string]>([
    ['INT64', [-1, 1], 1.5, "column 'c'[0] is 1.5, which INT64 cannot hold"],
    ['BYTES', [-1, 1], 5, "column 'c'[0] is 5, not a string or Uint8Array"],
    ['FP32', [-1, -1], [1, 'a'], "column 'c'[1] is 'a', which FP32 cannot hold"],
    ['FP32', [-1, -1, 2], [1, 2, 3], "column 'c': expected FP32[-1,2], got 3 elements"],
    ['FP32', [-1, -1], [[1], [2, 3]], "column 'c'[1] has 2 elements where its neighbours have 1"],
  ])('of %s%j refuse %j', (datatype, shape, value, message) => {
    expect(fill(planOf(spec('x', datatype, shape)), [value])).toBe(message);
  });

  it('that are pictures take bytes, and text in base64', () => {
    const media = planOf(spec('x', 'FP32', [-1, 3, 8, 8]), { isEncoded: true });
    expect(fill(media, [Buffer.from('png'), 'cG5n'])).toEqual({ shape: [2], rows: ['png', 'png'] });
    expect(fill(media, ['no base64!'])).toBe("column 'c': expected a picture or a sound in base64, got 'no base64!'");
  });
});

it('numbers that go into a request are the numbers that come out of it, whatever the shape', () => {
  const rows = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 })).chain(([height, width]) => {
    const row = fc.array(fc.array(fc.float(), { minLength: width, maxLength: width }), {
      minLength: height,
      maxLength: height,
    });
    return fc.record({ shape: fc.constant([-1, height, width]), rows: fc.array(row, { minLength: 1, maxLength: 5 }) });
  });
  fc.assert(
    fc.property(rows, fc.boolean(), ({ shape, rows: given }, isOpen) => {
      const input = spec('x', 'FP32', isOpen ? [-1, -1, shape[2] ?? 0] : shape);
      expect(fill(planOf(input), given)).toEqual({ shape: [given.length, ...shape.slice(1)], rows: given });
    }),
  );
});
