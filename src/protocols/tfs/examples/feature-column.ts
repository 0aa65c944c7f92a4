import {
  elementCount,
  encodeElements,
  excerpt,
  invalidArgument,
  isFloat,
  type MillraceError,
  type Tensor,
  type TensorSpec,
} from '../../../core/index.js';

/** A value of a feature; integers beyond 2^53 are bigint. */
export type FeatureValue = number | bigint | Uint8Array;

/** Values that the examples of a request may have together. */
export interface ValueBudget {
  left: number;
}

const MAX_VALUES = 4_194_304;

export function createValueBudget(): ValueBudget {
  return { left: MAX_VALUES };
}

/** The values that examples have of one feature, which is the input of that name. */
export class FeatureColumn {
  readonly spec: TensorSpec;
  readonly values: FeatureValue[] = [];
  /** Examples that have it, and which was the last. */
  count = 0;
  last = -1;
  readonly #budget: ValueBudget;
  /** Values of one example; -1 = not known yet. */
  #width = -1;
  #start = 0;

  constructor(spec: TensorSpec, budget: ValueBudget) {
    this.spec = spec;
    this.#budget = budget;
  }

  get label(): string {
    return `feature '${excerpt(this.spec.name)}'`;
  }

  /** Takes a value of the example whose values are being read. */
  push(value: FeatureValue): void {
    const { datatype } = this.spec;
    const isBytes = value instanceof Uint8Array;
    if (isBytes !== (datatype === 'BYTES')) {
      throw invalidArgument(`${this.label}: expected ${datatype}, got ${isBytes ? 'bytes' : 'numbers'}`);
    }
    if (this.#budget.left-- === 0) {
      throw invalidArgument(`request: expected at most ${MAX_VALUES} values in all examples, got more`);
    }
    this.values.push(isFloat(datatype) && typeof value === 'bigint' ? Number(value) : value);
  }

  /** All values of example `row` are there. */
  close(row: number, place: string): void {
    const width = this.values.length - this.#start;
    if (this.#width < 0) this.#width = width;
    else if (this.#width !== width) {
      throw invalidArgument(`${place}: ${this.label}: expected ${this.#width} values as before it, got ${width}`);
    }
    this.#start = this.values.length;
    this.last = row;
    this.count++;
  }

  /** The input that the model takes: the examples are its rows. */
  finish(): Tensor {
    const { name, datatype } = this.spec;
    return { name, datatype, shape: this.#shape(), data: encodeElements(this.label, datatype, this.values) };
  }

  #shape(): readonly number[] {
    const { shape, batchAxis } = this.spec;
    const [first = 1, ...rest] = shape;
    if (batchAxis === null && first !== -1) {
      // No axis counts rows: the one example is the whole input.
      if (this.count !== 1) throw this.#refused(`the model takes one example at a time, got ${this.count}`);
      return this.#fill(shape);
    }
    return [this.count, ...this.#fill(rest)];
  }

  /** The shape of the values of one example, in which one length may be open. */
  #fill(shape: readonly number[]): readonly number[] {
    const fixed = elementCount(shape.filter((size) => size >= 0));
    const open = shape.filter((size) => size < 0).length;
    const rest = fixed === 0 ? 0 : this.#width / fixed;
    if (open > 1)
      throw this.#refused(`its shape [${this.spec.shape}] has more than one open length, which values do not say`);
    if (open === 0 ? this.#width !== fixed : !Number.isInteger(rest)) {
      const expected = open === 0 ? `${fixed} values` : `a multiple of ${fixed} values`;
      throw this.#refused(`expected ${expected} in each example, got ${this.#width}`);
    }
    return shape.map((size) => (size < 0 ? rest : size));
  }

  #refused(text: string): MillraceError {
    return invalidArgument(`${this.label}: ${text}`);
  }
}
