import type { DuckDBValue } from '@duckdb/node-api';
import { decodeElements, elementCount } from '../../core/index.js';
import type { DuckDb } from '../duckdb/open-duckdb.js';
import type { OutputColumn } from '../mapping/plan-outputs.js';
import { describeValue } from '../mapping/problems.js';
import type { BatchPlan } from '../plan.js';
import type { AnsweredRows, Block, InputFormat, RowTensor } from '../types.js';
import { keptType } from './parquet-types.js';

/** A column and the format that copied values come from. */
interface ColumnOf {
  readonly column: OutputColumn;
  readonly format: InputFormat;
}

/** The values of a column of the output, as DuckDB takes them. */
export function columnValues(
  library: DuckDb,
  { column, format }: ColumnOf,
  { sources, outputs }: AnsweredRows,
): (row: number) => DuckDBValue {
  if (column.kind === 'number') {
    return (row) => BigInt((sources[row]?.block.first.row ?? 0) + (sources[row]?.row ?? 0) + 1);
  }
  if (column.kind === 'kept') {
    const { name } = column.column;
    const type = keptType(column.column, format);
    return (row) => {
      const source = sources[row];
      const values = source?.block.column(name);
      if (source === undefined || values === undefined) return null;
      return values.native === undefined
        ? (convert(library, type, values.at(source.row)) ?? null)
        : (values.native(source.row) as DuckDBValue);
    };
  }
  const tensor = outputs.get(column.spec.name);
  return tensor === undefined ? () => null : tensorValues(library, tensor, column.index);
}

function tensorValues(library: DuckDb, tensor: RowTensor, index: number | undefined): (row: number) => DuckDBValue {
  const { datatype, rowShape, data } = tensor;
  const count = elementCount(rowShape);
  const elements = decodeElements({ name: '', datatype, shape: [], data }) as ArrayLike<DuckDBValue>;
  const valueAt = datatype === 'BOOL' ? (at: number) => elements[at] === 1 : (at: number) => elements[at] ?? null;
  if (index !== undefined) return (row) => valueAt(row * count + index);
  const nested = (shape: readonly number[], start: number): DuckDBValue => {
    const [size, ...inner] = shape;
    if (size === undefined) return valueAt(start);
    const stride = elementCount(inner);
    return library.listValue(Array.from({ length: size }, (_, at) => nested(inner, start + at * stride)));
  };
  if (rowShape.length !== 1) return (row) => nested(rowShape, row * count);
  return (row) => {
    const items: DuckDBValue[] = [];
    for (let at = row * count; at < (row + 1) * count; at++) items.push(valueAt(at));
    return library.listValue(items);
  };
}

/** Why a row's copied values have no place in a Parquet file; undefined = they have. */
export function refuseKept(
  { outputs, inputFormat: format, outputFormat }: Pick<BatchPlan, 'outputs' | 'inputFormat' | 'outputFormat'>,
  block: Block,
  row: number,
): string | undefined {
  if (format !== 'jsonl' || outputFormat !== 'parquet') return undefined;
  for (const column of outputs) {
    if (column.kind !== 'kept') continue;
    const { name } = column.column;
    const type = keptType(column.column, format);
    const value = block.column(name)?.at(row);
    if (value === undefined || value === null || fits(type, value)) continue;
    return `column '${name}': expected ${type}, as in the first rows, got ${describeValue(value)}`;
  }
  return undefined;
}

function fits(type: string, value: unknown): boolean {
  if (type.endsWith('[]')) {
    const element = type === 'DOUBLE[]' ? 'number' : 'string';
    return Array.isArray(value) && value.every((one) => one === null || typeof one === element);
  }
  if (type === 'BIGINT') return Number.isSafeInteger(value);
  if (type === 'DOUBLE') return typeof value === 'number';
  return type === 'BOOLEAN' ? typeof value === 'boolean' : true;
}

/** A value of JSON, CSV or a folder. */
function convert(library: DuckDb, type: string, value: unknown): DuckDBValue | undefined {
  if (value === undefined || value === null) return undefined;
  if (type.endsWith('[]')) return library.listValue(value as readonly DuckDBValue[]);
  if (type === 'BIGINT') return BigInt(value as number);
  if (type === 'DOUBLE' || type === 'BOOLEAN') return value as number | boolean;
  if (value instanceof Uint8Array) return library.blobValue(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
