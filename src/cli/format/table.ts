import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import type { Colors } from '../io.js';

export interface Column<Row> {
  readonly header: string;
  readonly align?: 'left' | 'right';
  /** Lines are separated by `\n`. */
  readonly cell: (row: Row) => string;
  /** Left out where the terminal is too narrow, the lowest number first; undefined = never. */
  readonly leaveOut?: number;
}

/** How and where a table is shown. */
export interface TableStyle {
  readonly colors: Colors;
  /** Columns of the terminal; undefined = none, so nothing has to fit. */
  readonly columns?: number | undefined;
}

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
};
const GAP = '   ';
const NARROW_GAP = '  ';

/**
 * Rows under bold headers, without lines; ends with a line break. '' when there are no rows. Where the terminal is too narrow,
 * gaps shrink, then columns are left out, and a line below says which.
 */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], style: TableStyle): string {
  if (rows.length === 0) return '';
  const { colors, columns: width = Number.POSITIVE_INFINITY } = style;
  if (widthOf(columns, rows, GAP) <= width) return render(columns, rows, { colors, gap: GAP });
  let shown = columns;
  while (widthOf(shown, rows, NARROW_GAP) > width) {
    const places = shown.flatMap(({ leaveOut }) => leaveOut ?? []);
    if (places.length === 0) break;
    shown = shown.filter(({ leaveOut }) => leaveOut !== Math.min(...places));
  }
  const left = columns.filter((column) => !shown.includes(column)).map(({ header }) => header);
  const note = left.length === 0 ? '' : `${colors.dim(`no room for ${left.join(', ')}; --json has all`)}\n`;
  return `${render(shown, rows, { colors, gap: NARROW_GAP })}${note}`;
}

function widthOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[], gap: string): number {
  const widths = columns.map(({ header, cell }) => {
    const lines = rows.flatMap((row) => stripVTControlCharacters(cell(row)).split('\n'));
    return Math.max(header.length, ...lines.map((line) => line.length));
  });
  return widths.reduce((sum, width) => sum + width, gap.length * (columns.length - 1));
}

function render<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { colors, gap }: { readonly colors: Colors; readonly gap: string },
): string {
  const table = new Table({
    head: columns.map(({ header }) => (header === '' ? '' : colors.bold(header))),
    colAligns: columns.map((column) => column.align ?? 'left'),
    chars: { ...NO_LINES, middle: gap },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => columns.map((column) => column.cell(row))));
  return `${table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}
