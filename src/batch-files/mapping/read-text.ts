import type { Datatype } from '../../core/index.js';

const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
  ['+inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
]);

/**
 * A field of CSV as a value of a datatype: numbers, `true` and `false`, lists in JSON. Empty = no value, but for texts. What is none of these stays
 * the text that it is.
 */
export function readTextValue(text: string, datatype: Datatype): unknown {
  if (text.startsWith('[')) return readList(text);
  if (datatype === 'BYTES') return text;
  const word = text.trim();
  if (word === '') return undefined;
  if (datatype === 'BOOL')
    return word === 'true' || word === '1' ? true : word === 'false' || word === '0' ? false : text;
  if ((datatype === 'INT64' || datatype === 'UINT64') && /^[+-]?\d{1,20}$/.test(word))
    return BigInt(word.replace(/^\+/, ''));
  const special = SPECIAL.get(word.toLowerCase());
  if (special !== undefined) return special;
  // Not what JavaScript takes for numbers besides: 0x10, 1_000.
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word) ? Number(word) : text;
}

function readList(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
