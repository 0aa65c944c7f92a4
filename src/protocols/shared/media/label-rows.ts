import type { InferRequest, Tensor } from '../../../core/index.js';
import { classScores } from './classes.js';

/** What a row was recognised as: the best first. */
export type LabelScores = Readonly<Record<string, number>>;

/** The request for classes alone, if any of its outputs has them: an answer of labels has no place for anything else. */
export function onlyClasses(request: InferRequest): InferRequest {
  const outputs = request.outputs?.filter(({ classificationCount }) => classificationCount > 0) ?? [];
  return outputs.length === 0 ? request : { ...request, outputs };
}

/** Whether the answer to a request consists of labels; see {@link labelRows}. */
export function asksForLabels({ outputs }: InferRequest): boolean {
  return outputs?.every(({ classificationCount }) => classificationCount > 0) ?? false;
}

/** `{label: score}` of each row of an answer of classes; where there are several outputs, by their names. */
export function labelRows(
  outputs: readonly Tensor[],
): readonly (LabelScores | Readonly<Record<string, LabelScores>>)[] {
  const columns = outputs.map((output) => ({ name: output.name, rows: classScores(output) }));
  const [only] = columns;
  if (only === undefined) return [];
  return only.rows.map((_, row) => {
    const scores = columns.map(({ name, rows }) => [name, toObject(rows[row] ?? [])] as const);
    return columns.length === 1 ? (scores[0]?.[1] ?? {}) : Object.fromEntries(scores);
  });
}

function toObject(scores: readonly { readonly label: string; readonly score: number }[]): LabelScores {
  return Object.fromEntries(scores.map(({ label, score }) => [label, score]));
}
