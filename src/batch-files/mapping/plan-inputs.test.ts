import { describe, expect, it } from 'vitest';
import { spec } from '../../../test/support/batch-files.js';
import type { ColumnInfo } from '../types.js';
import { parsePairing } from './map-flags.js';
import { columnsOf, planInputs } from './plan-inputs.js';

const number = (name: string): ColumnInfo => ({ name, type: 'number', isText: false, isNumeric: true });
const text = (name: string): ColumnInfo => ({ name, type: 'text', isText: true, isNumeric: true });
const words = (name: string): ColumnInfo => ({ name, type: 'text', isText: false, isNumeric: false });

function plan(
  inputs: Parameters<typeof planInputs>[0]['model']['inputs'],
  columns: readonly ColumnInfo[],
  { map = [], kept = [] }: { readonly map?: readonly string[]; readonly kept?: readonly string[] } = {},
) {
  const plans = planInputs({ model: { inputs }, columns, pairings: map.map(parsePairing), kept });
  return plans.map((one) => ({
    input: one.spec.name,
    columns: columnsOf(one).map(({ name }) => name),
    shape: one.rowShape,
  }));
}

const X3 = spec('x', 'FP32', [-1, 3]);
const Z = spec('z', 'INT64', [-1, 1]);

describe('the mapping of columns to inputs', () => {
  it('goes by names', () => {
    expect(plan([X3, Z], [number('z'), number('other'), number('x')])).toEqual([
      { input: 'x', columns: ['x'], shape: [3] },
      { input: 'z', columns: ['z'], shape: [1] },
    ]);
    expect(plan([X3], [text('x[2]'), text('x[0]'), text('id'), text('x[1]')])).toEqual([
      { input: 'x', columns: ['x[0]', 'x[1]', 'x[2]'], shape: [3] },
    ]);
  });

  it('maps the remaining columns to the last input', () => {
    expect(plan([X3], [number('features')])).toEqual([{ input: 'x', columns: ['features'], shape: [3] }]);
    expect(plan([X3], [number('id'), number('a'), number('b'), words('name'), number('c')], { kept: ['id'] })).toEqual([
      { input: 'x', columns: ['a', 'b', 'c'], shape: [3] },
    ]);
  });

  it('goes by what is given before anything else', () => {
    const map = ['a=b=x[1]', 'x=x[0]', 'c=x[2]', 'z2=z'];
    expect(plan([X3, Z], [number('x'), number('a=b'), number('c'), number('z'), number('z2')], { map })).toEqual([
      { input: 'x', columns: ['x', 'a=b', 'c'], shape: [3] },
      { input: 'z', columns: ['z2'], shape: [1] },
    ]);
  });

  it('gives open sizes the number of columns, and leaves optional inputs out', () => {
    const open = spec('x', 'FP32', [-1, -1]);
    const optional = { ...Z, optional: true };
    expect(plan([open, optional], [number('x[0]'), number('x[1]'), number('other')])).toEqual([
      { input: 'x', columns: ['x[0]', 'x[1]'], shape: [2] },
    ]);
  });

  it.each([
    [['y=x'], "--map y=x: the rows have no column 'y'; its columns: a, b"],
    [['aa=x'], "--map aa=x: the rows have no column 'aa'; did you mean a?"],
    [['a=q'], "--map a=q: the model has no input 'q'; the model's inputs: x"],
    [['a=x', 'b=x[1]'], "--map: input 'x' is given as a whole and by its elements"],
    [['a=x[0]', 'b=x[0]'], '--map: x[0] is given twice'],
    [['a=x[0]', 'b=x[2]'], "input 'x': no column is given for x[1]"],
    [['a=x[0]', 'b=x[1]'], "input 'x': expected 3 columns of single elements, got 2"],
    [
      [],
      "no column is given for input 'x' (FP32[-1,3]): use --map COLUMN=x or --map COLUMN=x[INDEX]; the columns: a, b",
    ],
  ])('refuses %j', (map, message) => {
    expect(() => plan([X3], [number('a'), number('b')], { map })).toThrow(message);
  });

  it('refuses what is no mapping', () => {
    expect(() => parsePairing('x')).toThrow("expected COLUMN=TENSOR or COLUMN=TENSOR[INDEX], got 'x'");
  });
});
