import { excerpt, invalidArgument } from '../../../core/index.js';

/** A `version` field: '' and '-1' leave the choice to the version policy. Throws `invalid_argument` for what is no number. */
export function decodeVersion(text: string): number | undefined {
  if (text === '' || text === '-1') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw invalidArgument(`version '${excerpt(text)}': expected a positive integer`);
}
