import {
  decodeElements,
  ELEMENT_SIZE_BYTES,
  elementCount,
  type InferResponse,
  type Signature,
  type Tensor,
} from '../../core/index.js';
import type { Observation } from '../../rollouts/index.js';
import { firstRowOf, indexOfLargest } from '../routes/first-row.js';
import { MAX_VECTOR, sketchOf } from './vector-sketch.js';

/** An answer as rollouts compare it. */
export type ComparedAnswer = Pick<Observation, 'answer' | 'score' | 'vector'>;

/** Whole numbers up to here are classes, each for itself. */
const MAX_CLASS = 1_000;

/** Outputs that are vectors by their names, however many elements they have. */
const VECTOR_NAME = /embed|hidden|pool|feature|vector/i;

/** By how much the squares of a vector of length 1 may miss it. */
const UNIT_ERROR = 0.01;

/**
 * An answer as rollouts compare it: the class or the number of its first row, of the first output that has one; otherwise the first row of the
 * first output, as a vector, or the length of a long text. Undefined where there is no output with elements.
 */
export function comparedAnswer({ outputs }: InferResponse, signature: Signature): ComparedAnswer | undefined {
  for (const output of outputs) {
    const row = isVectorByName(output, signature) ? undefined : firstRowOf(output, signature);
    if (typeof row === 'string') return { answer: row };
    if (row?.length === 1) return ofNumber(row[0] ?? 0);
    if (row !== undefined && !isUnitVector(row)) return { answer: `class ${indexOfLargest(row)}` };
  }
  for (const output of outputs) {
    const answer = ofWholeRow(output, signature);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

/** Whole numbers up to a thousand are classes. */
function ofNumber(value: number): ComparedAnswer {
  const isClass = !Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) <= MAX_CLASS);
  return isClass ? { answer: String(value) } : { answer: 'a number', score: value };
}

function ofWholeRow(output: Tensor, signature: Signature): ComparedAnswer | undefined {
  const { name, datatype, shape, data } = output;
  const isBatched = signature.outputs.find((spec) => spec.name === name)?.batchAxis === 0;
  const width = elementCount(isBatched ? shape.slice(1) : shape);
  if (width === 0 || data.byteLength === 0) return undefined;
  if (datatype === 'BYTES') {
    const sizeBytes = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0, true);
    return { answer: 'a long text', score: sizeBytes };
  }
  const length = Math.min(width, MAX_VECTOR);
  const row = { ...output, shape: [length], data: data.subarray(0, length * ELEMENT_SIZE_BYTES[datatype]) };
  const vector = Array.from<unknown>(decodeElements(row) as ArrayLike<unknown>).map(Number);
  if (!vector.every(Number.isFinite)) return { answer: 'a vector that is not finite' };
  return { answer: 'a vector', vector: sketchOf(vector) };
}

/** Where the model says that an output has classes, it is none. */
function isVectorByName({ name }: Tensor, signature: Signature): boolean {
  const spec = signature.outputs.find((each) => each.name === name);
  return VECTOR_NAME.test(name) && spec?.labels === undefined && spec?.softmax === undefined;
}

/** Embeddings have length 1, most of them; probabilities are not negative. */
function isUnitVector(row: readonly number[]): boolean {
  let squares = 0;
  let isNegative = false;
  for (const value of row) {
    squares += value * value;
    if (value < 0) isNegative = true;
  }
  return isNegative && Math.abs(squares - 1) < UNIT_ERROR;
}
