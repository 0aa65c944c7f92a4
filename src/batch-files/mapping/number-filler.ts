import {
  bytesOf,
  type Datatype,
  elementCount,
  formatTensorType,
  type NumericArray,
  type Tensor,
  typedView,
} from '../../core/index.js';
import type { Block, Column } from '../types.js';
import type { Added, Filler } from './filler.js';
import type { InputPlan } from './plan-inputs.js';
import { describeValue, missing } from './problems.js';
import { readTextValue } from './read-text.js';

/** Datatypes whose elements a typed array takes from numbers as they are, with their range; floats take every number. */
const RANGES: Readonly<Partial<Record<Datatype, readonly [number, number] | 'float'>>> = {
  FP32: 'float',
  FP64: 'float',
  INT8: [-0x80, 0x7f],
  INT16: [-0x8000, 0x7fff],
  INT32: [-0x8000_0000, 0x7fff_ffff],
  UINT8: [0, 0xff],
  UINT16: [0, 0xffff],
  UINT32: [0, 0xffff_ffff],
};

/** Whether rows of an input are numbers of a fixed count: these go from the file's values into the request's bytes directly. */
export function isPlainNumbers({ spec, rowShape, isEncoded }: InputPlan): boolean {
  return !isEncoded && RANGES[spec.datatype] !== undefined && !rowShape.includes(-1);
}

/** Rows of a fixed count of numbers. */
export class NumberFiller implements Filler {
  readonly rowBytes: number;
  readonly #plan: InputPlan;
  readonly #mostRows: number;
  readonly #count: number;
  readonly #range: readonly [number, number] | 'float';
  #values: NumericArray;
  #columns: readonly (Column | undefined)[] = [];

  constructor(plan: InputPlan, mostRows: number) {
    this.#plan = plan;
    this.#mostRows = mostRows;
    this.#count = elementCount(plan.rowShape);
    this.#range = RANGES[plan.spec.datatype] ?? 'float';
    this.#values = this.#room();
    this.rowBytes = this.#count * this.#values.BYTES_PER_ELEMENT;
  }

  #room(): NumericArray {
    const { datatype } = this.#plan.spec;
    const sizeBytes = typedView(datatype, new Uint8Array(0)).BYTES_PER_ELEMENT * this.#count * this.#mostRows;
    return typedView(datatype, new Uint8Array(sizeBytes));
  }

  begin(block: Block): void {
    const { source } = this.#plan;
    const columns = 'whole' in source ? [source.whole] : source.elements;
    this.#columns = columns.map(({ name }) => block.column(name));
  }

  put(row: number, at: number): Added {
    const { source } = this.#plan;
    const start = at * this.#count;
    if ('elements' in source) {
      for (let index = 0; index < this.#count; index++) {
        const value = this.#columns[index]?.at(row);
        const problem = this.#putElement(start + index, value, index);
        if (problem !== undefined) return { problem };
      }
      return undefined;
    }
    const column = this.#columns[0];
    if (column?.lists !== undefined && this.#putList(column.lists, row, start)) return undefined;
    const problem = this.#putWhole(column?.at(row), start);
    return problem === undefined ? undefined : { problem };
  }

  /** Copies a list as it lies in memory; false where that does not do. */
  #putList({ values, start, length }: NonNullable<Column['lists']>, row: number, at: number): boolean {
    const from = start(row);
    if (from < 0 || length(row) !== this.#count) return false;
    const isSame = values.constructor === this.#values.constructor;
    if (!isSame && (this.#range !== 'float' || values instanceof BigInt64Array || values instanceof BigUint64Array)) {
      return false;
    }
    // Both hold numbers, or the same kind of integers.
    (this.#values as Float64Array).set(values.subarray(from, from + this.#count) as Float64Array, at);
    return true;
  }

  #putWhole(given: unknown, at: number): string | undefined {
    const { spec, source, rowShape } = this.#plan;
    const { name, isText } = (source as { readonly whole: { readonly name: string; readonly isText: boolean } }).whole;
    const value = isText && typeof given === 'string' ? readTextValue(given, spec.datatype) : given;
    if (value === undefined || value === null) return missing(name);
    if (!Array.isArray(value)) {
      if (this.#count === 1 && rowShape.length <= 1) return this.#putElement(at, value, undefined);
      return `column '${name}': expected ${formatTensorType(spec.datatype, rowShape)}, got ${describeValue(value)}`;
    }
    const flat =
      rowShape.length > 1 && Array.isArray(value[0]) ? (value.flat(rowShape.length - 1) as unknown[]) : value;
    if (flat.length !== this.#count || !isShaped(value, rowShape)) {
      const got = flat.length === this.#count ? 'lists of other sizes' : `${flat.length} elements`;
      return `column '${name}': expected ${formatTensorType(spec.datatype, rowShape)}, got ${got}`;
    }
    if (this.#range === 'float') return this.#putFloats(flat, at);
    for (let index = 0; index < flat.length; index++) {
      const problem = this.#putElement(at + index, flat[index], index);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #putFloats(flat: readonly unknown[], at: number): string | undefined {
    const values = this.#values;
    for (let index = 0; index < flat.length; index++) {
      const value = flat[index];
      if (typeof value === 'number') values[at + index] = value;
      else {
        const problem = this.#putElement(at + index, value, index);
        if (problem !== undefined) return problem;
      }
    }
    return undefined;
  }

  #putElement(at: number, given: unknown, index: number | undefined): string | undefined {
    const { spec, source } = this.#plan;
    const column = 'whole' in source ? source.whole : source.elements[index ?? 0];
    const name = column?.name ?? '';
    const value = column?.isText && typeof given === 'string' ? readTextValue(given, spec.datatype) : given;
    const place = `column '${name}'${'whole' in source && index !== undefined ? `[${index}]` : ''}`;
    if (value === undefined || value === null)
      return index === undefined || 'elements' in source ? missing(name) : `${place} has no value`;
    const number = typeof value === 'bigint' ? Number(value) : typeof value === 'string' ? namedNumber(value) : value;
    if (typeof number !== 'number') return `${place}: expected ${spec.datatype}, got ${describeValue(value)}`;
    if (this.#range !== 'float') {
      const [least, greatest] = this.#range;
      if (!Number.isInteger(number) || number < least || number > greatest) {
        return `${place}: expected ${spec.datatype}, got ${describeValue(value)}`;
      }
    }
    this.#values[at] = number;
    return undefined;
  }

  take(rows: number): Tensor {
    const { spec, rowShape } = this.#plan;
    const data = bytesOf(this.#values.subarray(0, rows * this.#count));
    this.#values = this.#room();
    return {
      name: spec.name,
      datatype: spec.datatype,
      shape: spec.batchAxis === 0 ? [rows, ...rowShape] : rowShape,
      data,
    };
  }
}

/** Numbers for which JSON has no word, as {@link RowWriter} writes them. */
function namedNumber(text: string): number | string {
  return text === 'NaN'
    ? Number.NaN
    : text === 'Infinity'
      ? Number.POSITIVE_INFINITY
      : text === '-Infinity'
        ? Number.NEGATIVE_INFINITY
        : text;
}

/** Whether lists are nested as the shape says, or not at all. */
function isShaped(value: readonly unknown[], [size, ...inner]: readonly number[]): boolean {
  if (inner.length === 0 || !Array.isArray(value[0])) return !value.some(Array.isArray);
  return value.length === size && value.every((one) => Array.isArray(one) && isNested(one, inner));
}

function isNested(value: readonly unknown[], [size, ...inner]: readonly number[]): boolean {
  if (value.length !== size) return false;
  return inner.length === 0 || value.every((one) => Array.isArray(one) && isNested(one, inner));
}
