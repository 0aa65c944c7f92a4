import { formatElementCount, invalidArgument, type MillraceError } from '../../../core/index.js';
import { CLOSE_BRACKET, OPEN_BRACKET } from './bytes.js';
import type { JsonCursor } from './cursor.js';
import type { Named } from './elements.js';

/** The tensor that an array of data is for. */
export interface DataShape {
  readonly tensor: Named;
  readonly shape: readonly number[];
  /** Product of the shape. */
  readonly count: number;
}

/**
 * Takes a tensor's `data`: one flat array, or arrays nested exactly as the shape says. `readRun` takes the elements of
 * each innermost array that has any, as ReadElements does, and is told how many the shape says there are. Throws unless
 * there are as many as the shape says.
 */
export function readNested(cursor: JsonCursor, data: DataShape, readRun: ReadRun): void {
  if (cursor.peek() !== OPEN_BRACKET) throw refused(data, `expected data to be an array, got ${cursor.describe()}`);
  const start = cursor.pos;
  const more = cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, 'an array');
  if (more && data.shape.length > 1 && cursor.peek() === OPEN_BRACKET) {
    cursor.pos = start;
    readAxis(cursor, { data, readRun, done: 0 }, 0);
    return;
  }
  const count = more ? readRun(0, data.count) : 0;
  if (count !== data.count) {
    throw refused(data, `expected ${formatElementCount(data.count)} for shape [${data.shape}], got ${count} in data`);
  }
}

type ReadRun = (from: number, expected: number) => number;

interface Walk {
  readonly data: DataShape;
  readonly readRun: ReadRun;
  /** Elements taken so far. */
  done: number;
}

function readAxis(cursor: JsonCursor, walk: Walk, axis: number): void {
  const { data } = walk;
  const byte = cursor.peek();
  const start = cursor.pos;
  if (byte !== OPEN_BRACKET) throw wrongNesting(data, start, `an array for axis ${axis}, got ${cursor.describe()}`);
  let more = cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, 'an array');
  const expected = data.shape[axis] as number;
  let length = 0;
  if (axis < data.shape.length - 1) {
    for (; more; length++) {
      readAxis(cursor, walk, axis + 1);
      more = cursor.next(CLOSE_BRACKET);
    }
  } else if (more) {
    const end = walk.readRun(walk.done, expected);
    length = end - walk.done;
    walk.done = end;
  }
  if (length !== expected)
    throw wrongNesting(data, start, `${formatElementCount(expected)} along axis ${axis}, got ${length}`);
}

function wrongNesting(data: DataShape, at: number, text: string): MillraceError {
  return refused(data, `data is nested, but not as shape [${data.shape}] says: at byte ${at} expected ${text}`);
}

function refused(data: DataShape, text: string): MillraceError {
  return invalidArgument(`${data.tensor.label}: ${text}`);
}
