import type { DuckDBValue, DuckDBVector } from '@duckdb/node-api';
import type { NumericArray } from '../../core/index.js';
import type { Column, NumberLists } from '../types.js';
import type { DuckDb } from './open-duckdb.js';

const ALL_VALID = 0xffff_ffff_ffff_ffffn;

/** A column of one chunk. `native`: its values as DuckDB has them. */
export interface VectorColumn extends Column {
  native(row: number): DuckDBValue;
}

export function vectorColumn(library: DuckDb, vector: DuckDBVector): VectorColumn {
  const lists = vector instanceof library.DuckDBListVector ? listsOf(vector) : undefined;
  const native = (row: number) => vector.getItem(row);
  return { native, at: (row) => plainValue(library, native(row)), ...(lists && { lists }) };
}

/** Lists of numbers as they lie in DuckDB's memory, which takes half the time that its values take; undefined where that cannot be had. */
function listsOf(vector: InstanceType<DuckDb['DuckDBListVector']>): NumberLists | undefined {
  const { childVector } = vector;
  const values = internal(childVector, 'items');
  if (!isNumbers(values) || !isAllValid(childVector) || !isAllValid(vector)) return undefined;
  return {
    values,
    start: (row) => vector.getEntryOffset(row),
    length: (row) => vector.getEntryLength(row),
  };
}

/** A field that the library's types keep to themselves. */
function internal(vector: object, field: string): unknown {
  return Reflect.get(vector, field);
}

function isNumbers(values: unknown): values is NumericArray {
  return ArrayBuffer.isView(values) && !(values instanceof DataView);
}

/** Whether every place has a value, as far as that can be seen. */
function isAllValid(vector: DuckDBVector): boolean {
  const validity = internal(vector, 'validity');
  if (typeof validity !== 'object' || validity === null) return false;
  const mask = internal(validity, 'data');
  if (mask === null) return true;
  if (!(mask instanceof BigUint64Array)) return false;
  const last = vector.itemCount % 64;
  return mask.every((word, index) => {
    const expected = last > 0 && index === mask.length - 1 ? (1n << BigInt(last)) - 1n : ALL_VALID;
    return (word & expected) === expected;
  });
}

/** A value of DuckDB as JSON has it: lists, numbers, texts. Dates and the like become text. */
function plainValue(library: DuckDb, value: DuckDBValue): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof library.DuckDBListValue || value instanceof library.DuckDBArrayValue) {
    return value.items.map((item) => plainValue(library, item));
  }
  if (value instanceof library.DuckDBBlobValue) return value.bytes;
  if (value instanceof library.DuckDBDecimalValue) return value.toDouble();
  if (value instanceof library.DuckDBStructValue) {
    return Object.fromEntries(Object.entries(value.entries).map(([key, inner]) => [key, plainValue(library, inner)]));
  }
  return String(value);
}
