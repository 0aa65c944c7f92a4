import { bytesElements, elementCount, invalidArgument, type Tensor } from '../../../core/index.js';
import { createRunWriter } from '../instances/run-writer.js';
import { writeArrays } from '../instances/write-arrays.js';
import { JsonWriter } from '../json/writer.js';

/** Text that is written in one turn of the event loop. */
const PIECE_BYTES = 65_536;

/** Writes what an output has in a row; yields where the text has grown long. */
type WriteRow = (writer: JsonWriter, row: number) => Generator<undefined, void>;

/** Rows of comma-separated values without a header, those of several outputs next to each other. Throws as {@link rowsOf}. */
export function csvRows(outputs: readonly Tensor[]): Generator<Uint8Array> {
  const rows = rowsOf(outputs);
  const writers = outputs.map((output) => csvWriter(output, rows));
  return writeAll(rows, function* (writer, row) {
    for (const [index, write] of writers.entries()) {
      if (index > 0) writer.ascii(',');
      yield* write(writer, row);
    }
  });
}

/** A line of JSON for each row: its value, or an object of those of several outputs. Throws as {@link rowsOf}. */
export function jsonLines(outputs: readonly Tensor[]): Generator<Uint8Array> {
  const rows = rowsOf(outputs);
  const writers = outputs.map((output) => ({ name: output.name, write: jsonWriter(output) }));
  return writeAll(rows, function* (writer, row) {
    const [only] = writers;
    if (only !== undefined && writers.length === 1) {
      yield* only.write(writer, row);
      return;
    }
    let separator = '{';
    for (const { name, write } of writers) {
      writer.ascii(separator);
      writer.string(name);
      writer.ascii(':');
      yield* write(writer, row);
      separator = ',';
    }
    writer.ascii('}');
  });
}

/** How many rows all outputs have. Throws `invalid_argument` where one has none, or others. */
function rowsOf(outputs: readonly Tensor[]): number {
  const counts = new Set(outputs.map(({ shape }) => shape[0]));
  const [rows] = counts;
  if (counts.size === 1 && rows !== undefined) return rows;
  const got = outputs.map(({ name, shape }) => `'${name}' [${shape}]`).join(', ');
  throw invalidArgument(
    `the outputs cannot be written in rows, as they have not the same number of them: ${got}; ask for JSON`,
  );
}

function* writeAll(rows: number, write: WriteRow): Generator<Uint8Array> {
  const writer = new JsonWriter();
  for (let row = 0; row < rows; row++) {
    for (const _ of write(writer, row)) yield writer.finishBytes();
    writer.ascii('\n');
    if (writer.length >= PIECE_BYTES) yield writer.finishBytes();
  }
  if (writer.length > 0) yield writer.finishBytes();
}

function jsonWriter(output: Tensor): WriteRow {
  const writeRun = createRunWriter(output);
  const shape = output.shape.slice(1);
  const count = elementCount(shape);
  return (writer, row) => writeArrays(writer, writeRun, { shape, first: row * count });
}

function csvWriter(output: Tensor, rows: number): WriteRow {
  const count = elementCount(output.shape.slice(1));
  if (output.datatype === 'BYTES') {
    const elements = rows === 0 ? [] : bytesElements(output.data);
    return function* (writer, row) {
      for (let index = row * count; index < (row + 1) * count; index++) {
        if (index > row * count) writer.ascii(',');
        writer.raw(quoteField(elements[index] as Uint8Array));
        if (writer.length >= PIECE_BYTES) yield;
      }
    };
  }
  const writeRun = createRunWriter(output);
  return function* (writer, row) {
    const first = row * count;
    const to = first + count;
    for (let from = first; from < to; ) {
      from = writeRun(writer, { first, from, to });
      if (writer.length >= PIECE_BYTES) yield;
    }
  };
}

/** RFC 4180. */
function quoteField(element: Uint8Array): Uint8Array {
  const text = Buffer.from(element.buffer, element.byteOffset, element.byteLength);
  const plain = text.toString('latin1');
  return /[",\r\n]/.test(plain) ? Buffer.from(`"${plain.replaceAll('"', '""')}"`, 'latin1') : text;
}
