import type { InferResponse, Signature } from '../../core/index.js';
import { firstRowOf, indexOfLargest } from '../first-row.js';

/** Whole numbers up to here are classes, each for itself. */
const MAX_CLASS = 1_000;

/**
 * What an answer comes to, as a small bucket: the class of its first row, or about how large its number is; of the first output that has
 * one. Undefined where nothing stands for the whole: embeddings, pictures, long texts.
 */
export function answerBucket({ outputs }: InferResponse, signature: Signature): string | undefined {
  for (const output of outputs) {
    const row = firstRowOf(output, signature);
    if (typeof row === 'string') return row;
    if (row !== undefined) return row.length === 1 ? magnitudeOf(row[0] ?? 0) : `class ${indexOfLargest(row)}`;
  }
  return undefined;
}

/** Whole numbers up to a thousand as they are, shares by tenths, others by powers of two. */
function magnitudeOf(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) <= MAX_CLASS) return String(value);
  if (value > 0 && value < 1) return `${Math.floor(value * 10) / 10} to ${Math.floor(value * 10 + 1) / 10}`;
  return `${value < 0 ? '-' : ''}2^${Math.floor(Math.log2(Math.abs(value)))}`;
}
