import { stat } from 'node:fs/promises';
import { invalidArgument, messageOf } from '../../core/index.js';
import { parseCsv } from '../../text/index.js';
import { type Block, type ColumnInfo, type Position, type RowReader, START } from '../types.js';
import { type FindEnd, LINE_BREAK, type Records, readRecords } from './records.js';

const QUOTE = 0x22;
const COMMA = 0x2c;

/** Rows of a CSV file (RFC 4180) whose first record names the columns. */
export async function openCsv(path: string, maxRecordBytes: number): Promise<RowReader> {
  const read = (from: Position, stride: number) =>
    readRecords(path, { from, stride, maxRecordBytes, findEnd: findRecordEnd });
  const { names, body } = await readHeader(path, read(START, 1));
  return {
    columns: names.map((name): ColumnInfo => ({ name, type: 'text', isText: true, isNumeric: true })),
    totalRows: undefined,
    sizeBytes: (await stat(path)).size,
    async *read({ from, stride }) {
      // The header is no row.
      for await (const records of read(from.offset === 0 ? body : from, stride)) yield parseBlock(names, records);
    },
    async close() {},
  };
}

async function readHeader(
  path: string,
  pieces: AsyncIterable<Records>,
): Promise<{ readonly names: readonly string[]; readonly body: Position }> {
  for await (const records of pieces) {
    const [problem] = records.problems.values();
    const names = problem === undefined ? parseRecord(records, 0) : problem;
    if (typeof names === 'string') throw invalidArgument(`${path}: ${names}`);
    const twice = names.find((name, index) => names.indexOf(name) < index);
    if (twice !== undefined) throw invalidArgument(`${path}: two columns are named '${twice}'`);
    return { names, body: { ...records.next, row: 0 } };
  }
  throw invalidArgument(`${path} is empty: expected a first line with the names of its columns`);
}

function parseBlock(names: readonly string[], records: Records): Block {
  const { first, next, lines, starts } = records;
  const problems = new Map(records.problems);
  const rows = starts.map((_, index) => {
    if (problems.has(index)) return undefined;
    const fields = parseRecord(records, index);
    if (typeof fields === 'string') problems.set(index, fields);
    else if (fields.length === names.length) return fields;
    else problems.set(index, `expected ${names.length} fields, got ${fields.length}`);
    return undefined;
  });
  return {
    first,
    rows: rows.length,
    column(name) {
      const index = names.indexOf(name);
      return index < 0 ? undefined : { at: (row) => rows[row]?.[index] };
    },
    problems,
    line: (row) => lines[row],
    next,
  };
}

/** The fields of a record, or what is wrong with it. */
function parseRecord({ bytes, starts, ends, lines }: Records, index: number): readonly string[] | string {
  const text = bytes.toString('utf8', starts[index], ends[index]);
  if (!text.includes('"')) return text.replace(/^\u{feff}|\r?\n$/gu, '').split(',');
  try {
    return parseCsv(text, lines[index])[0]?.fields ?? [];
  } catch (error) {
    return messageOf(error);
  }
}

/** Behind the line break that ends a record: line breaks in quotation marks do not. */
export const findRecordEnd: FindEnd = (bytes, start) => {
  for (let at = start; at < bytes.length; ) {
    if (bytes[at] === QUOTE) {
      at = quotedEnd(bytes, at);
      if (at < 0) return -1;
    }
    while (at < bytes.length && bytes[at] !== COMMA && bytes[at] !== LINE_BREAK) at++;
    if (at < bytes.length && bytes[at] === LINE_BREAK) return at + 1;
    at++;
  }
  return -1;
};

/** Behind the mark that closes the field; -1 = not in these bytes. */
function quotedEnd(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(QUOTE, start + 1); at >= 0; at = bytes.indexOf(QUOTE, at + 2)) {
    if (bytes[at + 1] !== QUOTE) return at + 1;
  }
  return -1;
}
