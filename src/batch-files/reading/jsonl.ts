import { isUtf8 } from 'node:buffer';
import { stat } from 'node:fs/promises';
import { invalidArgument } from '../../core/index.js';
import { type Block, type Column, type ColumnInfo, type RowReader, START } from '../types.js';
import { findLineEnd, type Records, readRecords } from './records.js';

const BYTE_ORDER_MARK = '\u{feff}';
/** Rows that say which columns there are. */
const SAMPLE_ROWS = 100;

/** The types of values of which inputs of numbers are made. */
const NUMERIC: ReadonlySet<string> = new Set(['integer', 'number', 'list', 'nested list']);

type JsonObject = Readonly<Record<string, unknown>>;

/** Rows of a file with a JSON object in each line. */
export async function openJsonl(path: string, maxRecordBytes: number): Promise<RowReader> {
  const read = (from = START, stride = Number.MAX_SAFE_INTEGER) =>
    readRecords(path, { from, stride, maxRecordBytes, findEnd: findLineEnd });
  return {
    columns: await findColumns(path, read(START, SAMPLE_ROWS)),
    totalRows: undefined,
    sizeBytes: (await stat(path)).size,
    async *read({ from, stride }) {
      for await (const records of read(from, stride)) yield parseBlock(records);
    },
    async close() {},
  };
}

function parseBlock(records: Records): Block {
  const { bytes, starts, ends, lines, first, next } = records;
  const problems = new Map(records.problems);
  const isText = isUtf8(bytes);
  const rows: (JsonObject | undefined)[] = [];
  for (let index = 0; index < starts.length; index++) {
    if (problems.has(index)) {
      rows.push(undefined);
      continue;
    }
    const line = bytes.subarray(starts[index], ends[index]);
    const parsed = isText || isUtf8(line) ? parseLine(line) : 'the line is not UTF-8';
    if (typeof parsed === 'string') problems.set(index, parsed);
    rows.push(typeof parsed === 'string' ? undefined : parsed);
  }
  return {
    first,
    rows: rows.length,
    column: (name): Column => ({ at: (row) => rows[row]?.[name] }),
    problems,
    line: (row) => lines[row],
    next,
  };
}

/** The object of a line, or what is wrong with it. */
function parseLine(line: Buffer): JsonObject | string {
  let value: unknown;
  try {
    const text = line.toString('utf8');
    value = JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  } catch (error) {
    return `the line is not JSON: ${(error as Error).message}`;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  return `the line is ${describeJson(value)}: expected an object`;
}

/** The columns of the first rows that can be read. */
async function findColumns(path: string, pieces: AsyncIterable<Records>): Promise<readonly ColumnInfo[]> {
  const samples = new Map<string, Set<string>>();
  for await (const records of pieces) {
    for (let row = 0; row < records.starts.length; row++) addSample(samples, records, row);
    if (records.next.row >= SAMPLE_ROWS) break;
  }
  if (samples.size === 0) throw invalidArgument(`${path}: none of its first rows is a JSON object`);
  return [...samples].map(([name, types]) => {
    const type = [...types].sort().join(' or ') || 'null';
    return { name, type, isText: false, isNumeric: types.size > 0 && [...types].every((one) => NUMERIC.has(one)) };
  });
}

function addSample(samples: Map<string, Set<string>>, { bytes, starts, ends }: Records, row: number): void {
  const parsed = parseLine(bytes.subarray(starts[row], ends[row]));
  if (typeof parsed === 'string') return;
  for (const [name, value] of Object.entries(parsed)) {
    const types = samples.get(name) ?? new Set();
    samples.set(name, types);
    if (value !== null) types.add(typeOf(value));
  }
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return listType(value);
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function listType(list: readonly unknown[]): string {
  if (list.some(Array.isArray)) return 'nested list';
  return list.some((element) => typeof element === 'string') ? 'list of text' : 'list';
}

function describeJson(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
