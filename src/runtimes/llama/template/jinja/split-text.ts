import { characters, isSpace } from './text.js';
import { TemplateError, Tuple } from './values.js';

/** Parts between separators, at most `most` + 1 of them (below 0 = all); between white space where there is no separator. */
export function split(text: string, most: number, separator?: string): readonly string[] {
  if (separator === undefined) return words(text, most);
  const parts = separator === '' ? emptySeparator() : text.split(separator);
  if (most < 0 || parts.length <= most + 1) return parts;
  return [...parts.slice(0, most), parts.slice(most).join(separator)];
}

/** The same, counted from the end. */
export function splitBack(text: string, most: number, separator?: string): readonly string[] {
  if (separator === undefined) {
    const reversed = words(characters(text).toReversed().join(''), most);
    return reversed.map((word) => characters(word).toReversed().join('')).toReversed();
  }
  const parts = separator === '' ? emptySeparator() : text.split(separator);
  if (most < 0 || parts.length <= most + 1) return parts;
  const first = parts.length - most;
  return [parts.slice(0, first).join(separator), ...parts.slice(first)];
}

function emptySeparator(): never {
  throw new TemplateError('empty separator');
}

function words(text: string, most: number): readonly string[] {
  const found: string[] = [];
  let at = skip(text, 0, true);
  while (at < text.length) {
    if (found.length === most) return [...found, text.slice(at)];
    const end = skip(text, at, false);
    found.push(text.slice(at, end));
    at = skip(text, end, true);
  }
  return found;
}

/** The next place from `at` on where there is no white space, or some. */
function skip(text: string, at: number, spaces: boolean): number {
  let end = at;
  while (end < text.length && isSpace(text[end]) === spaces) end++;
  return end;
}

/** A text as its part before the separator at an index, the separator and the part behind it. */
export function partition(text: string, separator: string, at: number): Tuple {
  if (separator === '') emptySeparator();
  if (at < 0) return new Tuple([text, '', '']);
  return new Tuple([text.slice(0, at), separator, text.slice(at + separator.length)]);
}

/** The same for the last separator. */
export function rpartition(text: string, separator: string): Tuple {
  const at = text.lastIndexOf(separator);
  return at < 0 ? new Tuple(['', '', text]) : partition(text, separator, at);
}
