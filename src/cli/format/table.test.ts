import pc from 'picocolors';
import { expect, it } from 'vitest';
import { type Column, formatTable, tableSlices } from './table.js';

const PLAIN = pc.createColors(false);

/** Columns that note for which row each of their cells was made. */
function countingColumns(count: number) {
  const made: number[] = [];
  const columns = Array.from(
    { length: count },
    (_, index): Column<number> => ({
      header: `C${index}`,
      leaveOut: index,
      cell: (row) => {
        made.push(row);
        return `${row}\n${index}`;
      },
    }),
  );
  return { columns, made };
}

const rowsOf = (count: number) => Array.from({ length: count }, (_, index) => index);

it('a cell is made once, however many columns there is no room for', () => {
  const { columns, made } = countingColumns(8);
  const text = formatTable(columns, rowsOf(300), { colors: PLAIN, columns: 10 });
  expect(text).toContain('no room for C0, C1, C2, C3, C4, C5; --json has all\n');
  expect(made).toHaveLength(8 * 300);
});

it('no slice makes or writes the cells of more than 16 rows', () => {
  const { columns, made } = countingColumns(3);
  const cells: number[] = [];
  const lines: number[] = [];
  let seen = 0;
  for (const slice of tableSlices(columns, rowsOf(1_000), { colors: PLAIN })) {
    cells.push(made.length - seen);
    seen = made.length;
    lines.push(slice.split('\n').length - 1);
  }
  expect(Math.max(...cells)).toBe(3 * 16);
  // Two lines a row, and the headers above the first ones.
  expect(Math.max(...lines)).toBe(2 * 16 + 1);
  expect(lines.reduce((sum, count) => sum + count, 0)).toBe(2 * 1_000 + 1);
});

it('wide characters and colours do not break the alignment', () => {
  const columns: readonly Column<readonly [string, string]>[] = [
    { header: 'NAME', cell: ([name]) => name },
    { header: 'STATE', cell: ([, state]) => state },
  ];
  const { green } = pc.createColors(true);
  const text = formatTable(
    columns,
    [
      ['猫', green('ready')],
      ['größe', 'x'],
    ],
    { colors: PLAIN },
  );
  expect(text).toBe(`NAME    STATE\n猫      ${green('ready')}\ngröße   x\n`);
});
