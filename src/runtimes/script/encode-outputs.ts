import {
  elementCount,
  encodeElements,
  fitShape,
  flatten,
  formatElementCount,
  formatTensorType,
  isExplicit,
  MillraceError,
  type NumericArray,
  type Tensor,
  type TensorSpec,
  typedView,
} from '../../core/index.js';
import { Slab } from './slab.js';
import { TensorView } from './tensor-view.js';

const NOTHING = new Uint8Array(0);

/** What an output of one datatype is encoded by. */
interface OutputRule {
  readonly spec: TensorSpec;
  /** The typed array whose memory is the raw encoding already; undefined for BYTES. */
  readonly stored: NumericArray['constructor'] | undefined;
  readonly slab: Slab;
}

/** Turns what a script answers into tensors. */
export class OutputEncoder {
  readonly #rules: readonly OutputRule[];

  constructor(outputs: readonly TensorSpec[]) {
    this.#rules = outputs.map((spec) => ({
      spec,
      // One for each output: the bytes of one after the other's item are what a frame takes in one piece.
      slab: new Slab(),
      stored: spec.datatype === 'BYTES' ? undefined : typedView(spec.datatype, NOTHING).constructor,
    }));
  }

  /**
   * Tensors in the signature's order; `internal` for what the script has got wrong. `wanted` undefined = all;
   * `rows` are those of the request.
   */
  encode(outputs: unknown, rows: number, wanted: readonly string[] | undefined): readonly Tensor[] {
    try {
      return this.#encode(outputs, rows, wanted);
    } catch (error) {
      // The script's fault, not its caller's.
      if (error instanceof MillraceError)
        throw new MillraceError('internal', `the model's answer is wrong: ${error.message}`);
      throw error;
    }
  }

  #encode(outputs: unknown, rows: number, wanted: readonly string[] | undefined): readonly Tensor[] {
    if (typeof outputs !== 'object' || outputs === null || Array.isArray(outputs)) {
      throw fault(`expected an object of outputs by name, got ${outputs === undefined ? 'nothing' : typeof outputs}`);
    }
    const values = outputs as Readonly<Record<string, unknown>>;
    const tensors: Tensor[] = [];
    let known = 0;
    for (const rule of this.#rules) {
      const { name } = rule.spec;
      const value = values[name];
      if (value === undefined || value === null) {
        if (name in values) known++;
        else if (wanted === undefined || wanted.includes(name)) throw fault(`output '${name}' is missing`);
        continue;
      }
      known++;
      if (wanted === undefined || wanted.includes(name)) tensors.push(encodeOutput(rule, value, rows));
    }
    if (known < Object.keys(values).length) throw this.#unknown(values);
    return tensors;
  }

  #unknown(values: Readonly<Record<string, unknown>>): MillraceError {
    const names = this.#rules.map(({ spec }) => spec.name);
    const unknown = Object.keys(values).find((name) => !names.includes(name));
    return fault(
      `there is no output '${unknown}'; the model's outputs are ${names.map((name) => `'${name}'`).join(', ')}`,
    );
  }
}

function encodeOutput({ spec, stored, slab }: OutputRule, value: unknown, rows: number): Tensor {
  const { name, datatype } = spec;
  const expected = spec.batchAxis === null ? spec.shape : [rows, ...spec.shape.slice(1)];
  if (value instanceof TensorView) {
    if (value.datatype === datatype) return tensor(spec, expected, { shape: value.shape, data: value.raw });
    return encodeOutput({ spec, stored, slab }, { data: value.data, shape: value.shape }, rows);
  }
  const explicit = isExplicit(value) ? value : undefined;
  const data = explicit === undefined ? value : explicit.data;
  if (ArrayBuffer.isView(data) && data.constructor === stored) {
    const { length } = data as NumericArray;
    const shape = checkCount(spec, explicit?.shape ?? fitShape(expected, [length], length) ?? [length], length);
    return tensor(spec, expected, { shape, data: slab.bytesOf(data as NumericArray) });
  }
  const { elements, shape: shown } = flatten(`output '${name}'`, data, datatype === 'BYTES');
  const { length } = elements;
  const shape = checkCount(spec, explicit?.shape ?? fitShape(expected, shown, length) ?? shown, length);
  return tensor(spec, expected, { shape, data: encodeElements(`output '${name}'`, datatype, elements) });
}

function checkCount({ name, datatype }: TensorSpec, shape: readonly number[], count: number): readonly number[] {
  if (elementCount(shape) === count) return shape;
  throw fault(`output '${name}': ${formatTensorType(datatype, shape)} does not hold ${formatElementCount(count)}`);
}

function tensor(
  spec: TensorSpec,
  expected: readonly number[],
  { shape, data }: Pick<Tensor, 'shape' | 'data'>,
): Tensor {
  const { name, datatype } = spec;
  const fits =
    shape.length === expected.length && shape.every((size, axis) => expected[axis] === -1 || expected[axis] === size);
  if (!fits) {
    const [wanted, got] = [expected, shape].map((sizes) => formatTensorType(datatype, sizes));
    throw fault(`output '${name}': expected ${wanted}, got ${got}`);
  }
  return { name, datatype, shape, data };
}

function fault(message: string): MillraceError {
  return new MillraceError('internal', message);
}
