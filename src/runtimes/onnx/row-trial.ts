import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import {
  type Datatype,
  decodeElements,
  elementCount,
  encodeElements,
  type Signature,
  type Tensor,
  type TensorSpec,
} from '../../core/index.js';
import { toOrtTensor, toTensor } from './ort-tensors.js';

/** What a run with made-up numbers shows of a model. */
export interface RowTrial {
  /** Two rows in, two rows out of every output. */
  readonly keepsRows: boolean;
  /** A row gives the same whether it is alone or not; undefined where that could not be tried. */
  readonly independent: boolean | undefined;
  /** Of the outputs, by name, for two rows. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** Rows of a trial. */
export const TRIAL_ROWS = 2;
/** Of the others, where the length of an input that may be a shape stays as it was. */
const OTHER_ROWS = 3;
/** Variable dimensions other than the rows: enough for a few layers that halve them. */
const VARIABLE_SIZE = 32;
/** Larger inputs would take longer than they tell. */
const MAX_ELEMENTS = 4_000_000;
/** Of the largest number of an output; other kernels for other sizes differ by much less, rows that mix by much more. */
const TOLERANCE = 0.02;

/**
 * Runs two rows of numbers together, and alone. Names of dimensions cannot tell whether a first dimension counts rows:
 * converters make them up. undefined where a model takes no numbers that could be made up for it. `lists`: names of inputs that may be
 * lists of another kind, such as a shape: where a model takes one that is as long as before beside more rows, it counts none.
 */
export async function tryRows(
  session: InferenceSession,
  signature: Signature,
  lists: ReadonlySet<string> = new Set(),
): Promise<RowTrial | undefined> {
  const outputs = signature.outputs.map(({ name }) => name);
  const run: Run = async (inputs) => {
    const feeds = Object.fromEntries(inputs.map((input) => [input.name, toOrtTensor(input)]));
    const results = Object.entries(await session.run(feeds, outputs));
    return new Map(results.map(([name, value]) => [name, toTensor(name, value as OrtTensor)]));
  };
  if (!signature.inputs.every(canBeMade)) return undefined;
  for (const element of [unlike, zero]) {
    const inputs = signature.inputs.map((spec) => makeInput(spec, element));
    try {
      const results = await run(inputs);
      const inRows = [...results.values()].every(({ shape }) => shape[0] === TRIAL_ROWS);
      const keepsRows = inRows && !(await takesOtherRows({ signature, lists, element }, run));
      const shapes = new Map([...results].map(([name, { shape }]) => [name, shape]));
      // Rows of zeros are all alike.
      const tells = keepsRows && element !== zero;
      return { keepsRows, shapes, independent: tells ? await areIndependent(results, inputs, run) : undefined };
    } catch {
      // Some models take only numbers that mean something; zeros often do.
    }
  }
  return undefined;
}

interface Asked {
  readonly signature: Signature;
  readonly lists: ReadonlySet<string>;
  readonly element: typeof unlike;
}

/** Whether one of the lists may be as long as before beside more rows. */
async function takesOtherRows({ signature, lists, element }: Asked, run: Run): Promise<boolean> {
  for (const list of lists) {
    const inputs = signature.inputs.map((spec) =>
      makeInput(spec, element, spec.name === list ? TRIAL_ROWS : OTHER_ROWS),
    );
    const takes = await run(inputs).then(
      () => true,
      () => false,
    );
    if (takes) return true;
  }
  return false;
}

type Results = ReadonlyMap<string, Tensor>;
type Run = (inputs: readonly Tensor[]) => Promise<Results>;

/** Numbers of either sign, or 0 and 1, good as small indices too; different from row to row. */
function unlike(datatype: Datatype, index: number): number | string {
  if (datatype.startsWith('FP')) return Math.sin(index * 1.7 + 0.5);
  const bit = ((index * 7) >> 2) & 1;
  return datatype === 'BYTES' ? String(bit) : bit;
}

function zero(datatype: Datatype): number | string {
  return datatype === 'BYTES' ? '' : 0;
}

function canBeMade(spec: TensorSpec): boolean {
  return spec.rankUnknown === undefined && elementCount(fullShape(spec)) <= MAX_ELEMENTS;
}

function fullShape({ shape }: TensorSpec, rows = TRIAL_ROWS): readonly number[] {
  return shape.map((size, axis) => (size !== -1 ? size : axis === 0 ? rows : VARIABLE_SIZE));
}

function makeInput(spec: TensorSpec, element: typeof unlike, rows = TRIAL_ROWS): Tensor {
  const { name, datatype } = spec;
  const shape = fullShape(spec, rows);
  const values = Array.from({ length: elementCount(shape) }, (_, index) => element(datatype, index));
  return { name, datatype, shape, data: encodeElements(name, datatype, values) };
}

/** Whether each row of a run is what it is when it runs alone. */
async function areIndependent(together: Results, inputs: readonly Tensor[], run: Run): Promise<boolean | undefined> {
  try {
    for (let row = 0; row < TRIAL_ROWS; row++) {
      const alone = await run(inputs.map((input) => oneRow(input, row)));
      const same = [...together].every(([name, tensor]) =>
        isClose(elementsOf(alone.get(name)), rowElements(tensor, row)),
      );
      if (!same) return false;
    }
    return true;
  } catch {
    return undefined;
  }
}

type Elements = readonly (number | string)[];

function rowElements(tensor: Tensor, row: number): Elements {
  const elements = elementsOf(tensor);
  const size = elements.length / TRIAL_ROWS;
  return elements.slice(row * size, (row + 1) * size);
}

function elementsOf(tensor: Tensor | undefined): Elements {
  if (tensor === undefined) return [];
  const elements = decodeElements(tensor) as ArrayLike<number | bigint | string>;
  return Array.from(elements, (element) => (typeof element === 'string' ? element : Number(element)));
}

function isClose(got: Elements, expected: Elements): boolean {
  if (got.length !== expected.length) return false;
  const finite = expected.filter((element): element is number => Number.isFinite(element));
  const largest = finite.reduce((most, element) => Math.max(most, Math.abs(element)), 0);
  return got.every((element, index) => {
    const other = expected[index];
    return Object.is(element, other) || Math.abs(Number(element) - Number(other)) <= TOLERANCE * largest;
  });
}

function oneRow(tensor: Tensor, row: number): Tensor {
  const { name, datatype, shape } = tensor;
  return {
    name,
    datatype,
    shape: [1, ...shape.slice(1)],
    data: encodeElements(name, datatype, rowElements(tensor, row)),
  };
}
