import pc from 'picocolors';
import { expect, it } from 'vitest';
import { formatSourceLines } from './source-lines.js';

const plain = pc.createColors(false);

it('shows a line behind those in front of it, with a mark under the column', () => {
  const text = 'one\ntwo\nthree\nfour = ;\nfive';
  expect(formatSourceLines(text, { line: 4, column: 8 }, plain)).toEqual([
    '  2 | two',
    '  3 | three',
    '  4 | four = ;',
    '    |        ^',
  ]);
  expect(formatSourceLines('\tx', { line: 1, column: 2 }, plain)).toEqual(['  1 | \tx', '    | \t^']);
});

it('shows nothing of a place that the text does not have', () => {
  expect(formatSourceLines('one', { line: 3, column: 1 }, plain)).toEqual([]);
});
