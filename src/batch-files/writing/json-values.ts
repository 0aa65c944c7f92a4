import { bytesElements, decodeElements, elementCount, isFloat } from '../../core/index.js';
import { createNumberWriter, type JsonWriter } from '../../protocols/index.js';
import type { RowTensor } from '../types.js';

/** Writes a row, or one element of it, as JSON. */
export type WriteRow = (writer: JsonWriter, row: number) => void;

/** Rows of an output as JSON; `index`: one element of each instead of the whole. NaN and infinities become text, for which JSON has no word. */
export function rowsAsJson(tensor: RowTensor, index: number | undefined): WriteRow {
  const { rowShape } = tensor;
  const count = elementCount(rowShape);
  const writeElements = elementsAsJson(tensor);
  if (index !== undefined) return (writer, row) => writeElements(writer, row * count + index, 1);
  if (rowShape.length === 1) {
    return (writer, row) => {
      writer.ascii('[');
      writeElements(writer, row * count, count);
      writer.ascii(']');
    };
  }
  return (writer, row) => writeNested(writer, { shape: rowShape, start: row * count, writeElements });
}

type WriteElements = (writer: JsonWriter, start: number, count: number) => void;

interface Nesting {
  readonly shape: readonly number[];
  readonly start: number;
  readonly writeElements: WriteElements;
}

function writeNested(writer: JsonWriter, { shape, start, writeElements }: Nesting): void {
  const [size, ...inner] = shape;
  if (size === undefined) {
    writeElements(writer, start, 1);
    return;
  }
  writer.ascii('[');
  if (inner.length === 0) writeElements(writer, start, size);
  else {
    const stride = elementCount(inner);
    for (let index = 0; index < size; index++) {
      if (index > 0) writer.ascii(',');
      writeNested(writer, { shape: inner, start: start + index * stride, writeElements });
    }
  }
  writer.ascii(']');
}

/** Elements with commas between them. */
function elementsAsJson({ datatype, data }: RowTensor): WriteElements {
  if (datatype === 'BYTES') {
    const elements = bytesElements(data);
    return (writer, start, count) => {
      for (let index = start; index < start + count; index++) {
        if (index > start) writer.ascii(',');
        writer.stringBytes(elements[index] ?? new Uint8Array(0));
      }
    };
  }
  const write = createNumberWriter(datatype, data);
  const values = isFloat(datatype) ? (decodeElements({ name: '', datatype, shape: [], data }) as Float64Array) : [];
  if (values.every(Number.isFinite)) {
    return (writer, start, count) => write(writer, { first: start, from: start, to: start + count });
  }
  return (writer, start, count) => {
    for (let index = start; index < start + count; index++) {
      if (index > start) writer.ascii(',');
      if (Number.isFinite(values[index])) write(writer, { first: index, from: index, to: index + 1 });
      else writer.string(String(values[index]));
    }
  };
}

/** A copied value as JSON; bytes in base64. */
export function writeJsonValue(writer: JsonWriter, value: unknown): void {
  if (typeof value === 'string') writer.string(value);
  else if (value === undefined || value === null) writer.ascii('null');
  else if (typeof value === 'boolean' || typeof value === 'bigint') writer.ascii(String(value));
  else if (typeof value === 'number') {
    if (Number.isFinite(value)) writer.ascii(String(value));
    else writer.string(String(value));
  } else if (value instanceof Uint8Array) writer.string(Buffer.from(value).toString('base64'));
  else writer.raw(Buffer.from(JSON.stringify(value, replaceUnnamed)));
}

function replaceUnnamed(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}
