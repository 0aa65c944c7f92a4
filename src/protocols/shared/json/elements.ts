import { invalidArgument, type MillraceError } from '../../../core/index.js';
import { isDigit, isSpace, MINUS } from './bytes.js';
import type { JsonCursor } from './cursor.js';

const UPPER_N = 0x4e;
const UPPER_I = 0x49;

/** Whatever errors are about; `label` is made only when there is one. */
export interface Named {
  readonly label: string;
}

/** Where the elements of one tensor go. */
export interface Elements<Out> {
  readonly tensor: Named;
  readonly out: Out;
}

/**
 * Takes the elements of an innermost array, from behind its opening bracket (at least one element follows) to behind
 * the closing one. `from` is the flat index of the first; returns the flat index behind the last.
 * Elements for which `out` has no room are counted, not kept.
 */
export type ReadElements<Out> = (cursor: JsonCursor, elements: Elements<Out>, from: number) => number;

/** Offset of the first byte from `from` on that is not white space. For loops that cannot run past the text. */
export function spaceEnd(bytes: Uint8Array, from: number): number {
  let pos = from;
  while (isSpace(bytes[pos] as number)) pos++;
  return pos;
}

/** Whether what stands at the cursor begins as a number does. */
export function startsNumber(cursor: JsonCursor): boolean {
  const byte = cursor.bytes[cursor.pos] as number;
  return byte === MINUS || isDigit(byte) || byte === UPPER_N || byte === UPPER_I;
}

/** The refusal of the element at the cursor, which is `index` in the flat data. */
export function badElement(
  cursor: JsonCursor,
  elements: Elements<unknown>,
  { index, expected }: { readonly index: number; readonly expected: string },
): MillraceError {
  return invalidArgument(
    `${elements.tensor.label}: data[${index}] at byte ${cursor.pos}: expected ${expected}, got ${cursor.describe()}`,
  );
}
