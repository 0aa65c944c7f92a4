import {
  excerpt,
  invalidArgument,
  isFloat,
  type MillraceError,
  type Signature,
  type TensorSpec,
} from '../../../core/index.js';
import { type DecodedInstances, decodeInstances } from '../instances/decode.js';
import { CLOSE_BRACE, CLOSE_BRACKET, COLON, OPEN_BRACE, OPEN_BRACKET, QUOTE } from '../json/bytes.js';
import { JsonCursor } from '../json/cursor.js';
import { skipValue } from '../json/skip.js';
import { readString } from '../json/string.js';
import { readMemberName, wordSet } from '../json/words.js';
import { JsonWriter } from '../json/writer.js';
import { type ColumnPlan, planColumns } from './columns.js';

const SPLIT = 'dataframe_split';
const RECORDS = 'dataframe_records';
const MEMBERS = wordSet(SPLIT, RECORDS, 'params');
const SPLIT_MEMBERS = wordSet('columns', 'data');
const NAN = Buffer.from('NaN');

/** A value of the text, not read yet. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The inputs of a pandas DataFrame as MLflow's clients send it: `{"dataframe_split": {"columns", "data"}}` or `{"dataframe_records":
 * [{column: value}]}`, with `params` as parameters. Columns are as {@link planColumns} has them; `null` is NaN for floats. The table is
 * written as instances, so that it is read as these are. Throws `invalid_argument`.
 */
export function decodeDataframe(body: Uint8Array, signature: Signature): DecodedInstances {
  const cursor = new JsonCursor(body, body.length);
  const spans = readMembers(cursor);
  const { [SPLIT]: split, [RECORDS]: records, params } = spans;
  if (split !== undefined && records !== undefined) {
    throw invalidArgument(`request: expected either '${SPLIT}' or '${RECORDS}', got both`);
  }
  const writer = new JsonWriter();
  if (split !== undefined) writeSplit(at(cursor, split), signature, writer);
  else if (records !== undefined) writeRecords(at(cursor, records), signature, writer);
  else throw invalidArgument(`request: expected '${SPLIT}' or '${RECORDS}', got neither`);
  const { format, inputs } = decodeInstances(writer.finishBytes(), { signature, bare: true });
  return { format, inputs, members: params === undefined ? {} : { parameters: parse(cursor, params) } };
}

function readMembers(cursor: JsonCursor): Partial<Record<'dataframe_split' | 'dataframe_records' | 'params', Span>> {
  const spans: Partial<Record<'dataframe_split' | 'dataframe_records' | 'params', Span>> = {};
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
  while (more) {
    const member = readMemberName(cursor, MEMBERS);
    const span = spanOf(cursor);
    if (member !== undefined && spans[member] !== undefined) throw refuser(member)('it is given twice');
    if (member !== undefined) spans[member] = span;
    more = cursor.next(CLOSE_BRACE);
  }
  if (cursor.peek() !== -1) throw cursor.unexpected('the end of the JSON');
  return spans;
}

function spanOf(cursor: JsonCursor): Span {
  cursor.peek();
  const start = cursor.pos;
  skipValue(cursor);
  return { start, end: cursor.pos };
}

function at(cursor: JsonCursor, { start }: Span): JsonCursor {
  cursor.pos = start;
  return cursor;
}

function parse({ bytes }: JsonCursor, { start, end }: Span): unknown {
  const text = bytes.toString('utf8', start, end);
  try {
    return JSON.parse(text);
  } catch {
    throw invalidArgument(`request: expected JSON without NaN and Infinity, got '${excerpt(text)}'`);
  }
}

function writeSplit(cursor: JsonCursor, signature: Signature, writer: JsonWriter): void {
  const refuse = refuser(SPLIT);
  if (cursor.peek() !== OPEN_BRACE) throw refuse(`expected an object, got ${cursor.describe()}`);
  const spans: Partial<Record<'columns' | 'data', Span>> = {};
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
  while (more) {
    const member = readMemberName(cursor, SPLIT_MEMBERS);
    const span = spanOf(cursor);
    if (member !== undefined) spans[member] = span;
    more = cursor.next(CLOSE_BRACE);
  }
  const { columns, data } = spans;
  if (data === undefined) throw refuse("'data' is missing: expected the rows, a list of lists");
  const names = columns === undefined ? undefined : readColumns(parse(cursor, columns), refuse);
  const rows = rowWriter(writer, cursor);
  let plan: ColumnPlan | undefined = names && planColumns(signature, names, refuse);
  let width = names?.length;
  let row = 0;
  if (at(cursor, data).peek() !== OPEN_BRACKET) throw refuse(`'data': expected a list, got ${cursor.describe()}`);
  more = cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, 'an array');
  while (more) {
    const place = `data[${row}]`;
    if (cursor.peek() !== OPEN_BRACKET) throw refuse(`${place}: expected a list, got ${cursor.describe()}`);
    const cells = readCells(cursor);
    // Without names, a table of numbers for the only input.
    plan ??= planColumns(
      signature,
      cells.map((_, index) => `column ${index}`),
      refuse,
    );
    width ??= cells.length;
    if (cells.length !== width) {
      throw refuse(`${place}: expected ${width} values, as many as columns, got ${cells.length}`);
    }
    rows.write(plan, cells);
    row++;
    more = cursor.next(CLOSE_BRACKET);
  }
  if (row === 0) throw refuse("'data': expected at least 1 row, got none");
  rows.end();
}

function readColumns(columns: unknown, refuse: (text: string) => MillraceError): readonly string[] {
  const isName = (name: unknown) => typeof name === 'string' || typeof name === 'number';
  if (Array.isArray(columns) && columns.every(isName)) return columns.map(String);
  throw refuse("'columns': expected a list of names");
}

function readCells(cursor: JsonCursor): readonly Span[] {
  const cells: Span[] = [];
  let more = cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, 'an array');
  while (more) {
    cells.push(spanOf(cursor));
    more = cursor.next(CLOSE_BRACKET);
  }
  return cells;
}

/** The columns of the first record are those of all, in its order. */
function writeRecords(cursor: JsonCursor, signature: Signature, writer: JsonWriter): void {
  const refuse = refuser(RECORDS);
  if (cursor.peek() !== OPEN_BRACKET) throw refuse(`expected a list, got ${cursor.describe()}`);
  const rows = rowWriter(writer, cursor);
  let names: readonly string[] | undefined;
  let plan: ColumnPlan | undefined;
  let row = 0;
  let more = cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, 'an array');
  while (more) {
    const place = `[${row}]`;
    if (cursor.peek() !== OPEN_BRACE) throw refuse(`${place}: expected an object, got ${cursor.describe()}`);
    const record = readRecord(cursor, (name) => refuse(`${place}: '${excerpt(name)}' is given twice`));
    names ??= [...record.keys()];
    plan ??= planColumns(signature, names, refuse);
    const cells = names.map((name) => {
      const cell = record.get(name);
      if (cell === undefined) throw refuse(`${place}: the column '${excerpt(name)}' of [0] is missing`);
      return cell;
    });
    const extra = record.size > names.length ? [...record.keys()].find((name) => !names?.includes(name)) : undefined;
    if (extra !== undefined) throw refuse(`${place}: the column '${excerpt(extra)}' is not in [0]`);
    rows.write(plan, cells);
    row++;
    more = cursor.next(CLOSE_BRACKET);
  }
  if (row === 0) throw refuse('expected at least 1 record, got none');
  rows.end();
}

function readRecord(cursor: JsonCursor, givenTwice: (name: string) => MillraceError): ReadonlyMap<string, Span> {
  const cells = new Map<string, Span>();
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
  while (more) {
    if (cursor.peek() !== QUOTE) throw cursor.unexpected('a member name');
    const name = readString(cursor);
    cursor.expect(COLON, "':'");
    if (cells.has(name)) throw givenTwice(name);
    cells.set(name, spanOf(cursor));
    more = cursor.next(CLOSE_BRACE);
  }
  return cells;
}

/** Writes rows as instances: lists of values, or objects of the inputs. */
function rowWriter(writer: JsonWriter, { bytes }: JsonCursor) {
  let separator = '[';
  const writeCell = ({ datatype }: TensorSpec, { start, end }: Span) => {
    const isNull = end - start === 4 && bytes[start] === LOWER_N;
    writer.raw(isNull && isFloat(datatype) ? NAN : bytes.subarray(start, end));
  };
  const writeInputs = (specs: readonly TensorSpec[], cells: readonly Span[]) => {
    for (const [index, spec] of specs.entries()) {
      const cell = cells[index] as Span;
      writer.ascii(index === 0 ? '{' : ',');
      writer.string(spec.name);
      // A column of values is one of shape [rows, 1], too.
      const isColumn = spec.shape.length === 2 && spec.shape[1] === 1 && bytes[cell.start] !== OPEN_BRACKET;
      writer.ascii(isColumn ? ':[' : ':');
      writeCell(spec, cell);
      if (isColumn) writer.ascii(']');
    }
    writer.ascii('}');
  };
  return {
    write(plan: ColumnPlan, cells: readonly Span[]) {
      writer.ascii(separator);
      separator = ',';
      if (plan.kind === 'inputs') writeInputs(plan.specs, cells);
      else {
        for (const [index, cell] of cells.entries()) {
          writer.ascii(index === 0 ? '[' : ',');
          writeCell(plan.spec, cell);
        }
        writer.ascii(cells.length === 0 ? '[]' : ']');
      }
    },
    end: () => writer.ascii(']'),
  };
}

const LOWER_N = 0x6e;

function refuser(member: string): (text: string) => MillraceError {
  return (text) => invalidArgument(`request: ${member}: ${text}`);
}
