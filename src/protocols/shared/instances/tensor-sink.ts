import {
  type Datatype,
  formatElementCount,
  invalidArgument,
  type MillraceError,
  type Tensor,
  type TensorSpec,
} from '../../../core/index.js';
import { CLOSE_BRACKET, isSpace, OPEN_BRACE, OPEN_BRACKET } from '../json/bytes.js';
import type { JsonCursor } from '../json/cursor.js';
import type { Named } from '../json/elements.js';
import { skipValue } from '../json/skip.js';
import { MAX_RANK } from '../shape-limits.js';
import { type ElementStore, type LongFloats, NumberStore } from './element-store.js';
import { StringStore } from './string-store.js';

/** One input while it is read: takes values whose nesting says its shape. */
export class TensorSink implements Named {
  readonly spec: TensorSpec;
  /** Rows so far. */
  rows = 0;
  readonly #store: ElementStore;
  readonly #datatype: Datatype;
  /** Length along each axis, as far as it is known; of the outermost one at the end. */
  readonly #lengths: number[] = [];
  /** -1 = not known yet. */
  #rank = -1;

  constructor(spec: TensorSpec, cursor: JsonCursor, longFloats: LongFloats) {
    // What is encoded is decoded later.
    const datatype = spec.media !== undefined && isObjectNext(cursor) ? 'BYTES' : spec.datatype;
    this.#datatype = datatype;
    this.spec = spec;
    this.#store =
      datatype === 'BYTES'
        ? new StringStore(this)
        : new NumberStore({ datatype, tensor: this, longFloats, room: expectedRoom(spec, cursor) });
  }

  get label(): string {
    return `input '${this.spec.name}'`;
  }

  /** Takes a value: an element, or arrays of them, whose outermost one counts along `axis`. */
  take(cursor: JsonCursor, axis: number): void {
    if (cursor.peek() === OPEN_BRACKET) this.#takeArray(cursor, axis);
    else this.#takeElement(cursor, axis);
  }

  /** With rows: the outermost axis counts them. */
  finish(rows?: number): Tensor {
    const { name } = this.spec;
    if (rows !== undefined) this.#lengths[0] = rows;
    return { name, datatype: this.#datatype, shape: this.#lengths, data: this.#store.finish() };
  }

  #takeArray(cursor: JsonCursor, axis: number): void {
    const start = cursor.pos;
    if (axis === MAX_RANK) throw this.#refused(start, `at most ${MAX_RANK} dimensions, got more`);
    let more = cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, 'an array');
    let length = 0;
    if (more && cursor.peek() === OPEN_BRACKET) {
      if (this.#rank === axis + 1) {
        throw this.#refused(cursor.pos, `arrays nested ${axis + 1} deep as before it, got an array in them`);
      }
      while (more) {
        if (cursor.peek() !== OPEN_BRACKET) {
          throw this.#refused(cursor.pos, `an array along axis ${axis + 1}, got ${cursor.describe()}`);
        }
        this.#takeArray(cursor, axis + 1);
        length++;
        more = cursor.next(CLOSE_BRACKET);
      }
    } else {
      this.#checkRank(cursor, axis + 1, more);
      const before = this.#store.count;
      if (more) this.#store.take(cursor, this.#expectedLength(axis));
      length = this.#store.count - before;
    }
    const known = this.#lengths[axis];
    if (known === undefined) this.#lengths[axis] = length;
    else if (known !== length) {
      throw this.#refused(start, `${formatElementCount(known)} along axis ${axis} as before it, got ${length}`);
    }
  }

  /**
   * An element is read as an array of one: for that long a bracket takes the place of the byte behind it, which is never missing: the
   * text ends with a brace, or the cursor has put something there.
   */
  #takeElement(cursor: JsonCursor, axis: number): void {
    this.#checkRank(cursor, axis, true);
    const { bytes, pos: start } = cursor;
    skipValue(cursor);
    const end = cursor.pos;
    const behind = bytes[end] as number;
    cursor.pos = start;
    bytes[end] = CLOSE_BRACKET;
    try {
      this.#store.take(cursor, 1);
    } finally {
      bytes[end] = behind;
    }
    cursor.pos = end;
  }

  #checkRank(cursor: JsonCursor, rank: number, hasElements: boolean): void {
    if (this.#rank < 0) this.#rank = rank;
    // What is wrong with an empty array is its length.
    else if (this.#rank !== rank && hasElements) {
      throw this.#refused(cursor.pos, `arrays nested ${this.#rank} deep as before it, got ${cursor.describe()}`);
    }
  }

  #expectedLength(axis: number): number {
    // Of encoded bytes, the shape says nothing.
    const expected = this.#datatype === this.spec.datatype ? this.spec.shape[axis] : undefined;
    return this.#lengths[axis] ?? expected ?? -1;
  }

  #refused(at: number, text: string): MillraceError {
    return invalidArgument(`${this.label}: ragged at byte ${at}: expected ${text}`);
  }
}

/** Whether the first element of the value that comes is an object: base64. */
function isObjectNext({ bytes, pos, end }: JsonCursor): boolean {
  let at = pos;
  while (at < end && (bytes[at] === OPEN_BRACKET || isSpace(bytes[at] as number))) at++;
  return bytes[at] === OPEN_BRACE;
}

/** Elements of one row, if the signature says so: no element takes less than two bytes of the text. */
function expectedRoom({ shape }: TensorSpec, cursor: JsonCursor): number {
  let room = 1;
  for (const size of shape) room *= Math.max(1, size);
  return Math.min(room, (cursor.end - cursor.pos) >>> 1);
}
