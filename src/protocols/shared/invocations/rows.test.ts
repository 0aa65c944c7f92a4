import { describe, expect, it } from 'vitest';
import { bytesOf, packBytes, type Tensor } from '../../../core/index.js';
import { csvRows, jsonLines } from './rows.js';

const floats = (name: string, shape: readonly number[], ...values: readonly number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: bytesOf(Float32Array.from(values)),
});
const words = (name: string, shape: readonly number[], ...texts: readonly string[]): Tensor => ({
  name,
  datatype: 'BYTES',
  shape,
  data: packBytes(texts.map((text) => Buffer.from(text))),
});
const textOf = (pieces: Iterable<Uint8Array>) => Buffer.concat([...pieces]).toString();

describe('the rows of an answer', () => {
  it.each<[string, readonly Tensor[], string, string]>([
    ['of one output', [floats('y', [2, 2], 1, 2, 3, 4.5)], '1.0,2.0\n3.0,4.5\n', '[1.0,2.0]\n[3.0,4.5]\n'],
    ['of numbers', [floats('y', [2], 1, 2)], '1.0\n2.0\n', '1.0\n2.0\n'],
    [
      'of several outputs',
      [floats('y', [2, 1], 1, 2), words('z', [2], 'a', 'b')],
      '1.0,a\n2.0,b\n',
      '{"y":[1.0],"z":"a"}\n{"y":[2.0],"z":"b"}\n',
    ],
    ['of texts', [words('z', [1, 2], 'a,"b"', 'ü\n')], '"a,""b""","ü\n"\n', '["a,\\"b\\"","ü\\n"]\n'],
    ['of none', [floats('y', [0, 2])], '', ''],
  ])('%s are written next to each other', (_what, outputs, csv, lines) => {
    expect([textOf(csvRows(outputs)), textOf(jsonLines(outputs))]).toEqual([csv, lines]);
  });

  it('come in pieces where they are many', () => {
    const output = floats('y', [20_000, 2], ...Array.from({ length: 40_000 }, (_, index) => index));
    expect([...csvRows([output])].length).toBeGreaterThan(3);
    expect(textOf(csvRows([output])).split('\n')).toHaveLength(20_001);
    expect([...jsonLines([floats('y', [1, 40_000], ...new Float32Array(40_000))])].length).toBeGreaterThan(1);
  });

  it.each([
    [[floats('y', [2], 1, 2), floats('z', [1], 1)], "'y' [2], 'z' [1]"],
    [[floats('y', [], 1)], "'y' []"],
  ])('are refused where there are none in common', (outputs, message) => {
    expect(() => textOf(csvRows(outputs))).toThrow(message);
    expect(() => textOf(jsonLines(outputs))).toThrow(message);
  });
});
