import { describe, expect, it } from 'vitest';
import { bytesElements, type Signature, type Tensor, type TensorSpec, typedView } from '../../../core/index.js';
import type { CsvHeader } from './csv.js';
import { decodeRows } from './decode-rows.js';
import { CSV_TYPE, JSON_TYPE } from './media-types.js';

const input = (name: string, datatype: TensorSpec['datatype'], shape: readonly number[]): TensorSpec =>
  ({ name, datatype, shape, batchAxis: 0, optional: false }) as TensorSpec;
/** A pipeline of scikit-learn: an input for each column. */
const COLUMNS: Signature = {
  inputs: [input('age', 'FP32', [-1, 1]), input('city', 'BYTES', [-1, 1]), input('id', 'INT64', [-1])],
  outputs: [],
};
const MATRIX: Signature = { inputs: [input('X', 'FP32', [-1, 3])], outputs: [] };

function shown({ name, datatype, shape, data }: Tensor) {
  const values =
    datatype === 'BYTES'
      ? bytesElements(data).map((element) => Buffer.from(element).toString())
      : [...(typedView(datatype, data) as Float32Array)];
  return [name, shape, values.map((value) => (typeof value === 'bigint' ? `${value}n` : value))];
}
const csv = (text: string, signature = MATRIX, header?: CsvHeader) =>
  decodeRows({ type: CSV_TYPE, header, body: Buffer.from(text), signature }).inputs.map(shown);
const json = (body: unknown, signature = MATRIX) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return decodeRows({ type: JSON_TYPE, body: Buffer.from(text), signature }).inputs.map(shown);
};

const PEOPLE = [
  ['age', [2, 1], [31.5, Number.NaN]],
  ['city', [2, 1], ['Bern, CH', 'Oslo']],
  ['id', [2], ['9007199254740993n', '2n']],
];
const NUMBERS = [['X', [2, 3], [1, 2, 3, 4, 5, 6]]];

describe('rows of CSV', () => {
  it.each([
    ['without a header', '1,2,3\n4,5,6\n', undefined],
    ['with a header', 'a,b,c\n1,2,3\n4,5,6\n', undefined],
    ['with quoted fields', '"a","b","c"\n1,"2",3\n\n4,5,6', undefined],
    ['with a header of numbers that is announced', '0,1,2\n1,2,3\n4,5,6\n', 'present' as const],
  ])('%s are the values of the only input', (_what, text, header) => {
    expect(csv(text, MATRIX, header)).toEqual(NUMBERS);
  });

  it('with the names of inputs are these, in any order', () => {
    const rows = '9007199254740993,31.5,"Bern, CH"\n2,nan,Oslo\n';
    expect(csv(`id,age,city\n${rows}`, COLUMNS)).toEqual(PEOPLE);
  });

  it.each([
    ['1,2,3\n4,x,6', "CSV: line 2, column 2: expected a number, got 'x'"],
    ['a,b,c\n1,2,3\n\n4,,6', "CSV: line 4, column 2: expected a number, got ''"],
    ['a,b,c\n1,2,3\n4,5\n', 'CSV: line 3: expected 3 values, as in the header, got 2'],
    ['1,2,3\n4,5,6,7\n', 'CSV: line 2: expected 3 values, as in the first row, got 4'],
    ['a,b,c\n', 'CSV: expected at least 1 row behind the header, got none'],
    ['', 'CSV: expected at least 1 row, got none'],
    ['a,b\n1,2\n', "CSV: input 'X' with shape [-1,3] takes rows of 3 values, got 1 of 2"],
    [',a,b\n0,1,2\n', 'CSV: column 1 has no name; if it is the index of a DataFrame, leave it out (index=False)'],
    ['a,a,b\n0,1,2\n', "CSV: the column 'a' is there twice"],
    ['a,1,b\n0,1,2\n', "CSV: line 1, column 1: expected a number, got 'a'"],
  ])('%j are refused', (text, message) => expect(() => csv(text)).toThrow(message));

  it.each([
    ['age,city\n1,Bern\n', "CSV: the model lacks a column for its input 'id'; its inputs are 'age', 'city', 'id'"],
    [
      'age,town,id\n1,Bern,2\n',
      "CSV: the model has no input 'town' and lacks a column for its input 'city'; its inputs are 'age', 'city', 'id'",
    ],
  ])('whose columns are not the inputs of the model are refused with their names: %j', (text, message) => {
    expect(() => csv(text, COLUMNS, 'present')).toThrow(message);
  });

  it('without a header are refused by models with several inputs', () => {
    expect(() => csv('1,2,3\n', COLUMNS)).toThrow(
      "CSV: without a header the model must have one input of numbers, got 'age' FP32, 'city' BYTES, 'id' INT64; send a header with their names, or JSON",
    );
  });
});

describe('a DataFrame of MLflow', () => {
  const columns = ['id', 'age', 'city'];
  const data = '[[9007199254740993, 31.5, "Bern, CH"], [2, null, "Oslo"]]';

  it.each([
    ['split', `{"dataframe_split": {"index": [0, 1], "columns": ${JSON.stringify(columns)}, "data": ${data}}}`],
    ['split, with its data first', `{"dataframe_split": {"data": ${data}, "columns": ${JSON.stringify(columns)}}}`],
    [
      'records, in any order of their members',
      '{"dataframe_records": [{"id": 9007199254740993, "age": 31.5, "city": "Bern, CH"}, {"city": "Oslo", "id": 2, "age": null}]}',
    ],
  ])('as %s is the inputs that its columns name', (_what, text) => expect(json(text, COLUMNS)).toEqual(PEOPLE));

  it.each([
    [
      'split',
      {
        dataframe_split: {
          columns: ['a', 'b', 'c'],
          data: [
            [1, 2, 3],
            [4, 5, 6],
          ],
        },
      },
    ],
    [
      'split with column numbers',
      {
        dataframe_split: {
          columns: [0, 1, 2],
          data: [
            [1, 2, 3],
            [4, 5, 6],
          ],
        },
      },
    ],
    [
      'split without columns',
      {
        dataframe_split: {
          data: [
            [1, 2, 3],
            [4, 5, 6],
          ],
        },
      },
    ],
    [
      'records',
      {
        dataframe_records: [
          { a: 1, b: 2, c: 3 },
          { c: 6, b: 5, a: 4 },
        ],
      },
    ],
    ['a column of lists', { dataframe_split: { columns: ['X'], data: [[[1, 2, 3]], [[4, 5, 6]]] } }],
  ])('as %s is the rows of the only input', (_what, body) => expect(json(body)).toEqual(NUMBERS));

  it('has its params as parameters of the request', () => {
    const body = Buffer.from('{"params": {"top_k": 3}, "dataframe_split": {"columns": ["a"], "data": [[[1, 2, 3]]]}}');
    const { members } = decodeRows({ type: JSON_TYPE, body, signature: MATRIX });
    expect(members).toEqual({ parameters: { top_k: 3 } });
  });

  it.each<[unknown, string]>([
    [
      {
        dataframe_split: {
          columns: ['a', 'b', 'c'],
          data: [
            [1, 2, 3],
            [4, 5],
          ],
        },
      },
      'request: dataframe_split: data[1]: expected 3 values, as many as columns, got 2',
    ],
    [
      { dataframe_split: { columns: ['a'], data: [] } },
      "request: dataframe_split: 'data': expected at least 1 row, got none",
    ],
    [
      { dataframe_split: { columns: ['a'] } },
      "request: dataframe_split: 'data' is missing: expected the rows, a list of lists",
    ],
    [
      { dataframe_split: { columns: 'a', data: [[1]] } },
      "request: dataframe_split: 'columns': expected a list of names",
    ],
    [
      { dataframe_split: { data: [[[1, 2, 3]], [[4, 5, 6], 7]] } },
      'request: dataframe_split: data[1]: expected 1 values, as many as columns, got 2',
    ],
    [{ dataframe_split: [] }, 'request: dataframe_split: expected an object, got an array'],
    [
      {
        dataframe_records: [
          { a: 1, b: 2, c: 3 },
          { a: 1, b: 2 },
        ],
      },
      "request: dataframe_records: [1]: the column 'c' of [0] is missing",
    ],
    [
      { dataframe_records: [{ a: 1 }, { a: 1, b: 2 }] },
      "request: dataframe_records: [1]: the column 'b' is not in [0]",
    ],
    [{ dataframe_records: [] }, 'request: dataframe_records: expected at least 1 record, got none'],
    ['{"dataframe_records": [{"a": 1, "a": 2}]}', "request: dataframe_records: [0]: 'a' is given twice"],
    [
      '{"dataframe_split": {"columns": ["a"], "data": [[1]]}, "dataframe_split": {}}',
      'request: dataframe_split: it is given twice',
    ],
    [
      { dataframe_records: [{ a: 1 }], dataframe_split: {} },
      "request: expected either 'dataframe_split' or 'dataframe_records', got both",
    ],
  ])('is refused: %j', (body, message) => expect(() => json(body)).toThrow(message));

  it('names all columns that do not fit the inputs of the model at once', () => {
    const body = { dataframe_records: [{ age: 1, town: 'x', zip: 3 }] };
    expect(() => json(body, COLUMNS)).toThrow(
      "request: dataframe_records: the model has no input 'town', 'zip' and lacks a column for its input 'city', 'id'; its inputs are 'age', 'city', 'id'",
    );
  });
});
