import {
  elementCount,
  encodeElements,
  fitShape,
  flatten,
  formatTensorType,
  MillraceError,
  type Tensor,
} from '../../core/index.js';
import type { Block, Column } from '../types.js';
import type { Added, Filler } from './filler.js';
import type { InputPlan } from './plan-inputs.js';
import { describeValue, missing } from './problems.js';
import { readTextValue } from './read-text.js';

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Rows of any datatype and of any size; encoded pictures and sounds. Rows of one request have one shape. */
export class AnyFiller implements Filler {
  rowBytes = 0;
  readonly #plan: InputPlan;
  #rows: Uint8Array[] = [];
  #shape: readonly number[] = [];
  #columns: readonly (Column | undefined)[] = [];

  constructor(plan: InputPlan) {
    this.#plan = plan;
  }

  begin(block: Block): void {
    const { source } = this.#plan;
    const columns = 'whole' in source ? [source.whole] : source.elements;
    this.#columns = columns.map(({ name }) => block.column(name));
  }

  put(row: number, at: number): Added {
    try {
      const { shape, data } = this.#encode(row);
      if (at > 0 && String(shape) !== String(this.#shape)) return 'other shape';
      this.#shape = shape;
      this.#rows[at] = data;
      this.rowBytes = data.length;
      return undefined;
    } catch (error) {
      if (error instanceof MillraceError) return { problem: error.message };
      if (error instanceof Misfit) return { problem: error.message };
      throw error;
    }
  }

  #encode(row: number): { readonly shape: readonly number[]; readonly data: Uint8Array } {
    const { spec, source, rowShape, isEncoded } = this.#plan;
    const { datatype } = spec;
    if ('elements' in source) {
      const values = source.elements.map((column, index) => {
        const value = readCell(this.#columns[index]?.at(row), column.isText, datatype);
        if (value === undefined || value === null) throw new Misfit(missing(column.name));
        return value;
      });
      const data = values.map((value, index) =>
        encodeElements(placeOf(source.elements[index]?.name), datatype, [value]),
      );
      return { shape: rowShape, data: Buffer.concat(data) };
    }
    const { name, isText } = source.whole;
    const given = this.#columns[0]?.at(row);
    if (given === undefined || given === null) throw new Misfit(missing(name));
    if (isEncoded) return { shape: [], data: encodeElements(placeOf(name), 'BYTES', [mediaBytes(name, given)]) };
    const value = readCell(given, isText, datatype);
    if (value === undefined) throw new Misfit(missing(name));
    const { elements, shape: shown } = flatten(placeOf(name), value, datatype === 'BYTES');
    const shape = fitRow(rowShape, shown, elements.length);
    if (shape === undefined || elementCount(shape) !== elements.length) {
      throw new Misfit(
        `${placeOf(name)}: expected ${formatTensorType(datatype, rowShape)}, got ${shown.length > 1 ? `a list [${shown.join(',')}]` : shown.length === 0 ? describeValue(value) : `${elements.length} elements`}`,
      );
    }
    return { shape, data: encodeElements(placeOf(name), datatype, elements) };
  }

  take(rows: number): Tensor {
    const { spec, isEncoded } = this.#plan;
    const data = Buffer.concat(this.#rows.slice(0, rows));
    this.#rows = [];
    const shape = isEncoded || spec.batchAxis === 0 ? [rows, ...this.#shape] : this.#shape;
    return { name: spec.name, datatype: isEncoded ? 'BYTES' : spec.datatype, shape, data };
  }
}

/** Why a row does not fit. */
class Misfit extends Error {}

function placeOf(name = ''): string {
  return `column '${name}'`;
}

function readCell(given: unknown, isText: boolean, datatype: Tensor['datatype']): unknown {
  return isText && typeof given === 'string' ? readTextValue(given, datatype) : given;
}

/** The bytes of a picture or sound; text has them in base64. */
function mediaBytes(name: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string' && BASE64.test(value)) return Buffer.from(value, 'base64');
  throw new Misfit(`${placeOf(name)}: expected a picture or a sound in base64, got ${describeValue(value)}`);
}

/** The concrete shape of a row; a single value is a row of one element. */
function fitRow(wanted: readonly number[], shown: readonly number[], count: number): readonly number[] | undefined {
  if (wanted.length === 0) return count === 1 ? [] : undefined;
  return fitShape(wanted, shown, count);
}
