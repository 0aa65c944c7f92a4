import { bytesElements, MillraceError, type Tensor } from '../../../core/index.js';

/** One class of an answer. */
export interface ClassScore {
  readonly index: number;
  /** Its index in decimal where the model has no labels. */
  readonly label: string;
  readonly score: number;
}

/**
 * The classes in an output that was asked for as such (Triton's classification extension: BYTES elements `score:index[:label]`): a list
 * for each row, the best first.
 */
export function classScores({ name, datatype, shape, data }: Tensor): readonly (readonly ClassScore[])[] {
  if (datatype !== 'BYTES') throw new MillraceError('internal', `output '${name}' is ${datatype}: it has no classes`);
  const scores = bytesElements(data).map(toClassScore);
  const count = shape.at(-1) ?? 0;
  const rows = shape.length > 1 ? (shape[0] ?? 0) : 1;
  return Array.from({ length: rows }, (_, row) => scores.slice(row * count, (row + 1) * count));
}

function toClassScore(element: Uint8Array): ClassScore {
  const text = Buffer.from(element.buffer, element.byteOffset, element.byteLength).toString();
  const [, score = '', index = '', label = index] = /^([^:]*):(\d+)(?::(.*))?$/s.exec(text) ?? [];
  return { index: Number(index), label, score: toScore(score) };
}

/** As C writes numbers. */
function toScore(text: string): number {
  if (text === 'inf') return Number.POSITIVE_INFINITY;
  return text === '-inf' ? Number.NEGATIVE_INFINITY : Number(text);
}
