import type { InferResponse, Signature } from '../../core/index.js';
import { firstRowOf, indexOfLargest } from '../routes/first-row.js';

/**
 * The class that an answer gives its first row, of the first output that says one: the label of the largest number (or its index, where
 * the model has no labels), a whole number, or a short text. Undefined where none does: a number with a fraction, an embedding.
 */
export function answeredClass({ outputs }: InferResponse, signature: Signature): string | undefined {
  for (const output of outputs) {
    const row = firstRowOf(output, signature);
    if (typeof row === 'string') return row;
    if (row === undefined) continue;
    if (row.length === 1 && !Number.isInteger(row[0])) continue;
    if (row.length === 1) return String(row[0]);
    const index = indexOfLargest(row);
    return signature.outputs.find(({ name }) => name === output.name)?.labels?.[index] ?? String(index);
  }
  return undefined;
}
