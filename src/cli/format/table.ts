import type { Colors } from '../io.js';
import { displayWidth } from './display-width.js';

export interface Column<Row> {
  readonly header: string;
  readonly align?: 'left' | 'right';
  /** Lines are separated by `\n`; a colour ends in the line where it begins. */
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

const GAP = '   ';
const NARROW_GAP = '  ';
/** Measured or written in one slice: a few milliseconds for the longest names. */
const ROWS_PER_SLICE = 16;

/**
 * Rows under bold headers, without lines; ends with a line break. '' when there are no rows. Where the terminal is too narrow,
 * gaps shrink, then columns are left out, and a line below says which.
 */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], style: TableStyle): string {
  return [...tableSlices(columns, rows, style)].join('');
}

/** The text of {@link formatTable} in slices, some of them empty. Each takes a few milliseconds, however many rows there are. */
export function* tableSlices<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  style: TableStyle,
): Generator<string, void> {
  if (rows.length === 0) return;
  const { colors, columns: available = Number.POSITIVE_INFINITY } = style;
  const measured = columns.map(
    (column): MeasuredColumn<Row> => ({ column, cells: [], width: displayWidth(column.header) }),
  );
  for (const [index, row] of rows.entries()) {
    for (const column of measured) addCell(column, row);
    if ((index + 1) % ROWS_PER_SLICE === 0) yield '';
  }
  const { shown, gap } = chooseColumns(measured, available);
  const headers = shown.map(({ column: { header } }) => line(header === '' ? '' : colors.bold(header)));
  let text = joinLine(shown, headers, gap);
  for (const index of rows.keys()) {
    const cells = shown.map(({ cells }) => cells[index] ?? []);
    const height = Math.max(...cells.map((lines) => lines.length));
    for (let at = 0; at < height; at++) {
      text += joinLine(
        shown,
        cells.map((lines) => lines[at]),
        gap,
      );
    }
    if ((index + 1) % ROWS_PER_SLICE === 0) {
      yield text;
      text = '';
    }
  }
  yield `${text}${describeLeftOut(measured, shown, style)}`;
}

interface Line {
  readonly text: string;
  readonly width: number;
}

function line(text: string): Line {
  return { text, width: displayWidth(text) };
}

/** A column with the lines of its cells so far, each made once, and the width of the longest one. */
interface MeasuredColumn<Row> {
  readonly column: Column<Row>;
  readonly cells: (readonly Line[])[];
  width: number;
}

function addCell<Row>(measured: MeasuredColumn<Row>, row: Row): void {
  const lines = measured.column.cell(row).split('\n').map(line);
  measured.cells.push(lines);
  for (const { width } of lines) measured.width = Math.max(measured.width, width);
}

/** What the layout depends on. */
interface Measured {
  readonly column: Pick<Column<never>, 'header' | 'align' | 'leaveOut'>;
  readonly width: number;
}

function chooseColumns<One extends Measured>(
  columns: readonly One[],
  available: number,
): { readonly shown: readonly One[]; readonly gap: string } {
  if (widthOf(columns, GAP) <= available) return { shown: columns, gap: GAP };
  let shown = columns;
  while (widthOf(shown, NARROW_GAP) > available) {
    const places = shown.flatMap(({ column: { leaveOut } }) => leaveOut ?? []);
    if (places.length === 0) break;
    shown = shown.filter(({ column: { leaveOut } }) => leaveOut !== Math.min(...places));
  }
  return { shown, gap: NARROW_GAP };
}

function widthOf(columns: readonly Measured[], gap: string): number {
  return columns.reduce((sum, { width }) => sum + width, gap.length * (columns.length - 1));
}

/** One line of the text; a cell that has ended is empty. */
function joinLine(columns: readonly Measured[], lines: readonly (Line | undefined)[], gap: string): string {
  const padded = columns.map(({ column: { align }, width }, index) => {
    const { text, width: taken } = lines[index] ?? { text: '', width: 0 };
    const padding = ' '.repeat(width - taken);
    return align === 'right' ? padding + text : text + padding;
  });
  return `${padded.join(gap).trimEnd()}\n`;
}

function describeLeftOut(columns: readonly Measured[], shown: readonly Measured[], { colors }: TableStyle): string {
  const left = columns.filter((column) => !shown.includes(column)).map(({ column: { header } }) => header);
  return left.length === 0 ? '' : `${colors.dim(`no room for ${left.join(', ')}; --json has all`)}\n`;
}

/** Names and values, one a line; what has no value is left out. */
export function formatFields(fields: readonly (readonly [name: string, value: string | undefined])[]): string {
  const said = fields.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(...said.map(([name]) => name.length));
  return said.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}
