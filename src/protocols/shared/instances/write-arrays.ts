import { isLong } from '../json/stepwise.js';
import type { JsonWriter } from '../json/writer.js';
import type { WriteRun } from './run-writer.js';

/** Where a value lies in a tensor: its shape, and the flat index of its first element. */
export interface ValuePlace {
  readonly shape: readonly number[];
  readonly first: number;
}

/** Writes a value as arrays that are nested as its shape, an element without any as it is. Yields where the text has grown long. */
export function* writeArrays(
  writer: JsonWriter,
  writeRun: WriteRun,
  { shape, first }: ValuePlace,
): Generator<undefined, void> {
  const empty = shape.indexOf(0);
  // Behind a length of 0 there is nothing to nest.
  const lengths = empty < 0 ? shape : shape.slice(0, empty + 1);
  const rank = lengths.length;
  const runLength = rank === 0 ? 1 : (lengths[rank - 1] as number);
  let runs = 1;
  for (let axis = 0; axis < rank - 1; axis++) runs *= lengths[axis] as number;
  let index = first;
  for (let run = 0; run < runs; run++) {
    if (run > 0) writer.ascii(',');
    writer.ascii(OPEN.slice(0, bracketsAt(lengths, run)));
    const start = index;
    while (index < start + runLength) {
      index = writeRun(writer, { first: start, from: index, to: start + runLength });
      if (isLong(writer)) yield;
    }
    writer.ascii(CLOSE.slice(0, bracketsAt(lengths, run + 1)));
    if (isLong(writer)) yield;
  }
}

const MAX_RANK = 256;
const OPEN = '['.repeat(MAX_RANK);
const CLOSE = ']'.repeat(MAX_RANK);

/** Arrays that begin with an innermost one, which is `run` of them, or that end before it. */
function bracketsAt(lengths: readonly number[], run: number): number {
  if (lengths.length === 0) return 0;
  let count = 1;
  let rest = run;
  for (let axis = lengths.length - 2; axis >= 0; axis--) {
    const length = lengths[axis] as number;
    if (rest % length !== 0) break;
    rest /= length;
    count++;
  }
  return count;
}
