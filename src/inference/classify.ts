import {
  type Datatype,
  elementCount,
  fromBfloat16Bits,
  fromHalfBits,
  type InferRequest,
  invalidArgument,
  isFloat,
  packBytes,
  type RequestedOutput,
  type Tensor,
  type TensorSpec,
  type Turns,
  typedView,
} from '../core/index.js';
import { Ranking } from './ranking.js';

/** Steps of ranking or writing an element in one turn of the event loop. */
const SLICE_ELEMENTS = 8_192;

/** Whether {@link classifyOutputs} has something to do. */
export function wantsClasses({ outputs }: InferRequest): boolean {
  return outputs?.some(({ classificationCount }) => classificationCount > 0) ?? false;
}

/** Throws `invalid_argument` where a request asks for the classes of an output that has none. */
export function checkClasses(request: InferRequest, specs: readonly TensorSpec[]): void {
  if (!wantsClasses(request)) return;
  for (const { name, classificationCount } of request.outputs ?? []) {
    const spec = specs.find((output) => output.name === name);
    if (classificationCount > 0 && spec !== undefined) checkRankable(spec);
  }
}

function checkRankable({ name, datatype }: Pick<Tensor, 'name' | 'datatype'>): void {
  if (datatype !== 'BYTES' && datatype !== 'BOOL') return;
  throw invalidArgument(`output '${name}' is ${datatype}: it has no classes to rank`);
}

/**
 * Applies Triton's classification extension to the outputs that ask for it: shape `[rows, n]` (or `[n]`), BYTES
 * elements `value:index[:label]` by falling value. More classes than there are give all of them. Many are ranked a slice in each turn
 * of the event loop.
 */
export async function classifyOutputs(
  outputs: readonly Tensor[],
  { requested, specs }: { readonly requested: readonly RequestedOutput[]; readonly specs: readonly TensorSpec[] },
  turns: Turns,
): Promise<readonly Tensor[]> {
  const answered: Tensor[] = [];
  for (const tensor of outputs) {
    const count = requested.find(({ name }) => name === tensor.name)?.classificationCount ?? 0;
    const spec = specs.find(({ name }) => name === tensor.name);
    answered.push(count === 0 || spec === undefined ? tensor : await classify(tensor, { count, spec }, turns));
  }
  return answered;
}

interface Wanted {
  readonly count: number;
  readonly spec: TensorSpec;
}

async function classify(tensor: Tensor, { count, spec }: Wanted, turns: Turns): Promise<Tensor> {
  const { name } = tensor;
  checkRankable(tensor);
  const datatype = spec.softmax ? 'FP64' : tensor.datatype;
  const rows = spec.batchAxis === 0 ? (tensor.shape[0] as number) : 1;
  const classes = rows === 0 ? 0 : elementCount(tensor.shape) / rows;
  const kept = Math.min(count, classes);
  const numbers = toNumbers(tensor);
  const values = spec.softmax ? await softmax(numbers, classes, turns) : numbers;
  const texts = new PackedTexts();
  let base = 0;
  const ranking = new Ranking(kept, (a, b) => {
    const falling = compareFalling(values[base + a], values[base + b]);
    return falling === 0 ? a - b : falling;
  });
  let steps = 0;
  for (; base < rows * classes; base += classes) {
    for (let index = 0; index < classes; index++) {
      ranking.offer(index);
      if (++steps % SLICE_ELEMENTS === 0) await turns.next();
    }
    while (ranking.takeWorst()) {
      if (++steps % SLICE_ELEMENTS === 0) await turns.next();
    }
    for (const index of ranking.best) {
      const label = spec.labels?.[index];
      const text = `${formatValue(values[base + index], datatype)}:${index}`;
      texts.add(label === undefined ? text : `${text}:${label}`);
      if (++steps % SLICE_ELEMENTS === 0) await turns.next();
    }
  }
  const shape = spec.batchAxis === 0 ? [rows, kept] : [kept];
  return { name, datatype: 'BYTES', shape, data: await turns.join(texts.finish()) };
}

/** Texts as packed BYTES, a piece for every few thousand: an object for each would take many times the memory. */
class PackedTexts {
  readonly #pieces: Uint8Array[] = [];
  #elements: Uint8Array[] = [];

  add(text: string): void {
    this.#elements.push(Buffer.from(text));
    if (this.#elements.length === SLICE_ELEMENTS) this.#pack();
  }

  finish(): readonly Uint8Array[] {
    this.#pack();
    return this.#pieces;
  }

  #pack(): void {
    this.#pieces.push(packBytes(this.#elements));
    this.#elements = [];
  }
}

/** Probabilities of the classes of each row. A row with NaN, or infinite values that say nothing, is all NaN. */
async function softmax(values: ArrayLike<number | bigint>, classes: number, turns: Turns): Promise<Float64Array> {
  const probabilities = new Float64Array(values.length);
  let steps = 0;
  for (let base = 0; base < values.length; base += classes) {
    let greatest = Number.NEGATIVE_INFINITY;
    for (let index = base; index < base + classes; index++) {
      greatest = Math.max(greatest, Number(values[index]));
      if (++steps % SLICE_ELEMENTS === 0) await turns.next();
    }
    let sum = 0;
    for (let index = base; index < base + classes; index++) {
      const power = Math.exp(Number(values[index]) - greatest);
      probabilities[index] = power;
      sum += power;
      if (++steps % SLICE_ELEMENTS === 0) await turns.next();
    }
    for (let index = base; index < base + classes; index++) {
      probabilities[index] = (probabilities[index] as number) / sum;
      if (++steps % SLICE_ELEMENTS === 0) await turns.next();
    }
  }
  return probabilities;
}

function toNumbers(tensor: Tensor): ArrayLike<number | bigint> {
  const view = typedView(tensor.datatype, tensor.data);
  if (tensor.datatype === 'FP16') return Float32Array.from(view as Uint16Array, fromHalfBits);
  if (tensor.datatype === 'BF16') return Float32Array.from(view as Uint16Array, fromBfloat16Bits);
  return view;
}

/** NaN ranks last. */
function compareFalling(a: number | bigint | undefined, b: number | bigint | undefined): number {
  if (a === undefined || b === undefined || a === b) return 0;
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (Number.isNaN(b)) return -1;
  return a < b ? 1 : -1;
}

/** Floats with six decimals, infinities and NaN as C prints them: Triton's format. */
function formatValue(value: number | bigint | undefined, datatype: Datatype): string {
  if (typeof value !== 'number' || !isFloat(datatype)) return String(value);
  if (Number.isFinite(value)) return value.toFixed(6);
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}
