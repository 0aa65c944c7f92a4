import { describe, expect, it } from 'vitest';
import { barsOf, formatCell, viewsOf } from './views.js';

const known = [{ name: 'y', datatype: 'FP32', shape: [-1, 3] }];

describe('viewsOf', () => {
  it('shows classes where numbers come as texts', () => {
    const answer = [{ name: 'y', datatype: 'BYTES', shape: [2, 2], data: ['0.9:1:a: b', '0.1:0', '2:0:x', '1:1:y'] }];
    expect(viewsOf(answer, known)).toEqual([
      {
        name: 'y',
        type: 'BYTES[2,2]',
        kind: 'classes',
        rows: [
          [
            { label: 'a: b', score: 0.9 },
            { label: 'class 0', score: 0.1 },
          ],
          [
            { label: 'x', score: 2 },
            { label: 'y', score: 1 },
          ],
        ],
      },
    ]);
  });

  it('shows texts of a model of texts', () => {
    const answer = [{ name: 't', datatype: 'BYTES', shape: [2], data: ['a', 'b'] }];
    expect(viewsOf(answer, [{ name: 't', datatype: 'BYTES', shape: [-1] }])).toMatchObject([
      { kind: 'texts', texts: ['a', 'b'], more: '' },
    ]);
  });

  it('shows so much of large tensors as anybody reads', () => {
    const data = Array.from({ length: 30 * 20 }, (_, index) => index);
    const [view] = viewsOf([{ name: 'y', datatype: 'FP32', shape: [30, 20], data }], known);
    expect(view).toMatchObject({ kind: 'table', more: '10 more rows, 4 more columns' });
    expect(view?.kind === 'table' && view.rows[1]).toEqual(data.slice(20, 36));
  });

  it('shows scalars and empty tensors', () => {
    const answer = [
      { name: 'y', datatype: 'FP32', shape: [], data: [1] },
      { name: 'y', datatype: 'FP32', shape: [0, 3], data: [] },
    ];
    expect(viewsOf(answer, known)).toMatchObject([{ rows: [[1]] }, { rows: [] }]);
  });
});

it('draws probabilities as they are, and other scores between the least and the greatest', () => {
  const row = (...scores: number[]) => scores.map((score) => ({ label: '', score }));
  expect(barsOf(row(0.75, 0.25))).toEqual([0.75, 0.25]);
  expect(barsOf(row(6, 3, -2))).toEqual([1, 0.625, 0]);
});

it('writes numbers with six digits', () => {
  expect([formatCell(1 / 3), formatCell(12_345_678), formatCell(true)]).toEqual(['0.333333', '12345678', 'true']);
});
