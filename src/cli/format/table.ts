import Table from 'cli-table3';
import type { Colors } from '../io.js';

export interface Column<Row> {
  readonly header: string;
  readonly align?: 'left' | 'right';
  /** Lines are separated by `\n`. */
  readonly cell: (row: Row) => string;
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
  middle: '   ',
};

/** Rows under bold headers, without lines; ends with a line break. '' when there are no rows. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], colors: Colors): string {
  if (rows.length === 0) return '';
  const table = new Table({
    head: columns.map(({ header }) => (header === '' ? '' : colors.bold(header))),
    colAligns: columns.map((column) => column.align ?? 'left'),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => columns.map((column) => column.cell(row))));
  return `${table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}
