import {
  type Datatype,
  elementCount,
  fromBfloat16Bits,
  fromHalfBits,
  MillraceError,
  packBytes,
  type RequestedOutput,
  type Tensor,
  type TensorSpec,
  typedView,
} from '../core/index.js';

/**
 * Applies Triton's classification extension to the outputs that ask for it: shape `[rows, n]` (or `[n]`), BYTES
 * elements `value:index[:label]` by falling value. More classes than there are give all of them.
 */
export function classifyOutputs(
  outputs: readonly Tensor[],
  requested: readonly RequestedOutput[] | undefined,
  specs: readonly TensorSpec[],
): readonly Tensor[] {
  if (requested === undefined || requested.every(({ classificationCount }) => classificationCount === 0))
    return outputs;
  return outputs.map((tensor) => {
    const count = requested.find(({ name }) => name === tensor.name)?.classificationCount ?? 0;
    const spec = specs.find(({ name }) => name === tensor.name);
    return count === 0 || spec === undefined ? tensor : classify(tensor, count, spec);
  });
}

function classify(tensor: Tensor, count: number, spec: TensorSpec): Tensor {
  if (tensor.datatype === 'BYTES' || tensor.datatype === 'BOOL') {
    throw new MillraceError(
      'invalid_argument',
      `output '${tensor.name}' is ${tensor.datatype}: it has no classes to rank`,
    );
  }
  const rows = spec.batchAxis === 0 ? (tensor.shape[0] as number) : 1;
  const classes = rows === 0 ? 0 : elementCount(tensor.shape) / rows;
  const kept = Math.min(count, classes);
  const values = toNumbers(tensor);
  const encoder = new TextEncoder();
  const elements: Uint8Array[] = [];
  for (let row = 0; row < rows; row++) {
    const ranked = Array.from({ length: classes }, (_, index) => index).sort((a, b) =>
      compareFalling(values[row * classes + a], values[row * classes + b]),
    );
    for (const index of ranked.slice(0, kept)) {
      const label = spec.labels?.[index];
      const text = `${formatValue(values[row * classes + index], tensor.datatype)}:${index}${label === undefined ? '' : `:${label}`}`;
      elements.push(encoder.encode(text));
    }
  }
  const shape = spec.batchAxis === 0 ? [rows, kept] : [kept];
  return { name: tensor.name, datatype: 'BYTES', shape, data: packBytes(elements) };
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

const FLOATS: ReadonlySet<Datatype> = new Set(['FP16', 'BF16', 'FP32', 'FP64']);

/** Floats with six decimals, infinities and NaN as C prints them: Triton's format. */
function formatValue(value: number | bigint | undefined, datatype: Datatype): string {
  if (typeof value !== 'number' || !FLOATS.has(datatype)) return String(value);
  if (Number.isFinite(value)) return value.toFixed(6);
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}
