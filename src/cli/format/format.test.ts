import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { OutputTensor } from '../../client/index.js';
import { formatJson } from './json.js';
import { formatTable } from './table.js';
import { formatClasses, formatTensor } from './tensors.js';
import { typeName } from './types.js';
import { formatBytes, formatMs } from './units.js';

const PLAIN = pc.createColors(false);

describe('units', () => {
  it.each([
    [0, '0 ms'],
    [0.1234, '0.123 ms'],
    [1.234, '1.23 ms'],
    [12.34, '12.3 ms'],
    [123.4, '123 ms'],
    [1234, '1.23 s'],
    [125_000, '2 min 5 s'],
  ])('shows %d ms as %s', (ms, text) => expect(formatMs(ms)).toBe(text));

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [28_000_000, '28.0 MB'],
    [999_600, '1.0 MB'],
    [123_000_000_000, '123 GB'],
  ])('shows %d bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe('formatTable', () => {
  const columns = [
    { header: 'NAME', cell: (row: readonly string[]) => row[0] ?? '' },
    { header: 'N', align: 'right', cell: (row: readonly string[]) => row[1] ?? '' },
  ] as const;

  it('lines up cells, also those of several lines', () => {
    expect(
      formatTable(
        columns,
        [
          ['a\nb', '10'],
          ['c', '9'],
        ],
        { colors: PLAIN },
      ),
    ).toBe(['NAME    N', 'a      10', 'b', 'c       9', ''].join('\n'));
  });

  it('is nothing without rows', () => expect(formatTable(columns, [], { colors: PLAIN })).toBe(''));

  it('has bold headers where there are colours', () => {
    expect(formatTable(columns, [['a', '1']], { colors: pc.createColors(true) })).toContain('\u001b[1mNAME\u001b[22m');
  });
});

describe('formatJson', () => {
  it('is JSON for every program', () => {
    const value = {
      long: 2n ** 60n,
      short: 5n,
      nan: Number.NaN,
      data: BigInt64Array.of(1n),
      floats: Float32Array.of(0.5),
    };
    expect(formatJson(value)).toBe('{"long":"1152921504606846976","short":5,"nan":"NaN","data":[1],"floats":[0.5]}\n');
  });
});

describe('tensors', () => {
  const tensor = (shape: readonly number[], data: OutputTensor['data'], datatype = 'FP32') =>
    ({ datatype, shape, data }) as OutputTensor;

  it('are shown row by row, long ones cut off', () => {
    const wide = tensor(
      [12, 12],
      Float32Array.from({ length: 144 }, (_, index) => index / 8),
    );
    const lines = formatTensor('y', wide, PLAIN).split('\n');
    expect(lines[0]).toBe('y FP32[12,12]');
    expect(lines[1]).toBe('  0  0.125  0.25  0.375  0.5  0.625  0.75  0.875  1  1.125  … 2 more');
    expect(lines.slice(11)).toEqual(['  … 2 more rows', '']);
  });

  it('are shown whatever their shape and datatype', () => {
    expect(formatTensor('y', tensor([], Float32Array.of(1 / 3)), PLAIN)).toBe('y FP32[]\n  0.333333\n');
    expect(formatTensor('y', tensor([0, 3], new Float32Array(0)), PLAIN)).toBe('y FP32[0,3]\n  (empty)\n');
    expect(formatTensor('y', tensor([3, 0], new Float32Array(0)), PLAIN)).toBe('y FP32[3,0]\n  (empty)\n');
    expect(formatTensor('y', tensor([1], BigInt64Array.of(5n), 'INT64'), PLAIN)).toBe('y INT64[1]\n  5\n');
    const long = 'x'.repeat(70);
    expect(formatTensor('y', tensor([1], [long], 'BYTES'), PLAIN)).toBe(`y BYTES[1]\n  "${'x'.repeat(60)}…"\n`);
  });

  it('are shown as classes, a line for each row where there are several', () => {
    const cat = [
      { score: 0.90123, index: 3, label: 'cat' },
      { score: 0.1, index: 0, label: 'dog' },
    ];
    const unnamed = [{ score: 1, index: 4, label: undefined }];
    expect(formatClasses([cat], [], PLAIN)).toBe('CLASS   SCORE\ncat     0.901\ndog       0.1\n');
    expect(formatClasses([cat, unnamed], ['a.jpg', 'b.jpg'], PLAIN)).toBe(
      'ROW     BEST\na.jpg   cat 0.901   dog 0.1\nb.jpg   #4 1\n',
    );
    expect(formatClasses([unnamed, unnamed], [], PLAIN)).toBe('ROW     BEST\nrow 0   #4 1\nrow 1   #4 1\n');
  });
});

describe('typeName', () => {
  it.each([
    ['mlp', 'Mlp'],
    ['mobilenet-v3.small', 'MobilenetV3Small'],
    ['3d_unet', 'Model3dUnet'],
    ['größe', 'Größe'],
  ])('of %s is %s', (model, name) => expect(typeName(model)).toBe(name));
});
