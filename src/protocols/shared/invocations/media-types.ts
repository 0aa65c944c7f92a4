import { excerpt } from '../../../core/index.js';
import { acceptedTypes } from '../../wire.js';
import { ContentError } from './content-error.js';
import type { CsvHeader } from './csv.js';

export const JSON_TYPE = 'application/json';
export const CSV_TYPE = 'text/csv';
export const LINES_TYPE = 'application/jsonlines';
export const BYTES_TYPE = 'application/octet-stream';

/** Types of rows, in which answers are written; those of other protocols' requests are theirs. */
export type RowsType = typeof JSON_TYPE | typeof CSV_TYPE | typeof LINES_TYPE;

/** The parameter `header` of `text/csv` (RFC 7111); undefined = the type has none. Throws 415 for other values. */
export function csvHeaderOf(contentType: string | string[] | undefined): CsvHeader | undefined {
  const [, value] = /;\s*header\s*=\s*"?([^";\s]*)/i.exec(typeof contentType === 'string' ? contentType : '') ?? [];
  const header = value?.toLowerCase();
  if (header === undefined || header === 'present' || header === 'absent') return header;
  throw new ContentError(415, `header of text/csv: expected present or absent, got '${excerpt(header)}'`);
}

const ROWS_TYPES: readonly RowsType[] = [JSON_TYPE, CSV_TYPE, LINES_TYPE];

/** In which type the rows of an answer are to be written: what `Accept` likes best, else `preferred`. Throws 406 for other types. */
export function acceptedRows(accept: string | undefined, preferred: RowsType): RowsType {
  if (accept === undefined || accept.trim() === '') return preferred;
  for (const type of acceptedTypes(accept)) {
    const candidates = [preferred, ...ROWS_TYPES];
    const found = candidates.find((candidate) => includes(type, candidate));
    if (found !== undefined) return found;
    // What SDKs ask for that take whatever comes.
    if (type === BYTES_TYPE) return preferred;
  }
  throw new ContentError(406, `answers are written as ${ROWS_TYPES.join(', ')}; Accept has '${excerpt(accept)}'`);
}

function includes(range: string, type: RowsType): boolean {
  return range === type || range === '*/*' || range === '*' || range === `${type.slice(0, type.indexOf('/'))}/*`;
}
