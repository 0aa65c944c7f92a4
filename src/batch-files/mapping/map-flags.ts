import { invalidArgument } from '../../core/index.js';

/** A column and a tensor, or one element of a row of it. */
export interface Pairing {
  readonly column: string;
  readonly tensor: string;
  /** Index among the elements of a row, in row-major order; undefined = the whole row. */
  readonly index: number | undefined;
}

/** `column=tensor` or `column=tensor[3]`; a column's name may have `=` in it. Throws `invalid_argument`. */
export function parsePairing(text: string): Pairing {
  const [, column, tensor, index] = /^(.+)=([^=]+?)(?:\[(\d{1,9})\])?$/s.exec(text) ?? [];
  if (column === undefined || tensor === undefined) {
    throw invalidArgument(`expected COLUMN=TENSOR or COLUMN=TENSOR[INDEX], got '${text}'`);
  }
  return { column, tensor, index: index === undefined ? undefined : Number(index) };
}

/** The same as text. */
export function formatPairing({ column, tensor, index }: Pairing): string {
  return `${column}=${tensor}${index === undefined ? '' : `[${index}]`}`;
}
