import { type Datatype, MillraceError } from '../../core/index.js';
import type { OutputColumn } from '../mapping/plan-outputs.js';
import type { AnsweredRows, ColumnInfo, InputFormat } from '../types.js';

const SQL_TYPES: Readonly<Record<Datatype, string>> = {
  BOOL: 'BOOLEAN',
  UINT8: 'UTINYINT',
  UINT16: 'USMALLINT',
  UINT32: 'UINTEGER',
  UINT64: 'UBIGINT',
  INT8: 'TINYINT',
  INT16: 'SMALLINT',
  INT32: 'INTEGER',
  INT64: 'BIGINT',
  FP16: 'FLOAT',
  BF16: 'FLOAT',
  FP32: 'FLOAT',
  FP64: 'DOUBLE',
  BYTES: 'VARCHAR',
};

/** The types of JSON that are kept as they are; others are kept as JSON text. */
const JSON_TYPES: Readonly<Record<string, string>> = {
  integer: 'BIGINT',
  number: 'DOUBLE',
  'integer or number': 'DOUBLE',
  boolean: 'BOOLEAN',
  list: 'DOUBLE[]',
  'list of text': 'VARCHAR[]',
};

/** The type in SQL of a column that is copied from an input of a format. */
export function keptType({ type }: ColumnInfo, format: InputFormat): string {
  if (format === 'parquet') return type;
  if (format === 'folder') return type === 'media' ? 'BLOB' : 'VARCHAR';
  return (format === 'jsonl' ? JSON_TYPES[type] : undefined) ?? 'VARCHAR';
}

/** The type in SQL of a column of the output, which for a model's output depends on what it has answered. */
export function columnType(column: OutputColumn, format: InputFormat, { outputs }: AnsweredRows): string {
  if (column.kind === 'number') return 'BIGINT';
  if (column.kind === 'kept') return keptType(column.column, format);
  const tensor = outputs.get(column.spec.name);
  if (tensor === undefined) throw new MillraceError('internal', `the model has not answered '${column.spec.name}'`);
  const lists = column.index === undefined ? '[]'.repeat(tensor.rowShape.length) : '';
  return SQL_TYPES[tensor.datatype] + lists;
}
