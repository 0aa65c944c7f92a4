import { invalidArgument } from '../core/index.js';

/** A record of comma-separated values. */
export interface CsvRecord {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

const PLAIN_FIELD_END = /[,\r\n]/g;

/**
 * The records of a CSV text (RFC 4180): fields in quotation marks may have commas, line breaks and doubled marks. Empty lines are left
 * out, white space is kept. `firstLine`: the number of the text's first line. Throws `invalid_argument` with the line.
 */
export function parseCsv(text: string, firstLine = 1): readonly CsvRecord[] {
  const start = text.startsWith('\u{feff}') ? 1 : 0;
  return text.includes('"') ? parseQuoted(text, start, firstLine) : parsePlain(text, start, firstLine);
}

function parsePlain(text: string, start: number, firstLine: number): readonly CsvRecord[] {
  return text
    .slice(start)
    .split(/\r\n|\n|\r/)
    .flatMap((record, index) => (record.trim() === '' ? [] : [{ line: index + firstLine, fields: record.split(',') }]));
}

function parseQuoted(text: string, start: number, firstLine: number): readonly CsvRecord[] {
  const records: CsvRecord[] = [];
  let line = firstLine;
  for (let pos = start; pos < text.length; ) {
    const fields: string[] = [];
    const first = line;
    let isQuoted = false;
    for (;;) {
      const field = text[pos] === '"' ? readQuoted(text, pos, line) : readPlain(text, pos);
      isQuoted ||= text[pos] === '"';
      fields.push(field.value);
      line += field.lineBreaks;
      pos = field.end;
      if (text[pos] !== ',') break;
      pos++;
    }
    pos += text.startsWith('\r\n', pos) ? 2 : 1;
    line++;
    if (isQuoted || fields.length > 1 || fields[0]?.trim() !== '') records.push({ line: first, fields });
  }
  return records;
}

interface Field {
  readonly value: string;
  /** Behind it: a comma, a line break, or the end of the text. */
  readonly end: number;
  readonly lineBreaks: number;
}

function readPlain(text: string, start: number): Field {
  PLAIN_FIELD_END.lastIndex = start;
  const end = PLAIN_FIELD_END.exec(text)?.index ?? text.length;
  return { value: text.slice(start, end), end, lineBreaks: 0 };
}

function readQuoted(text: string, start: number, line: number): Field {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  if (end < 0) throw invalidArgument(`line ${line}: a quotation mark is opened and never closed`);
  const value = text.slice(start + 1, end).replaceAll('""', '"');
  const lineBreaks = value.match(/\r\n|\n|\r/g)?.length ?? 0;
  const behind = text[end + 1] ?? '\n';
  if (!/[,\r\n]/.test(behind)) {
    const place = `line ${line + lineBreaks}`;
    throw invalidArgument(`${place}: expected a comma or the end of the line behind '"', got '${behind}'`);
  }
  return { value, end: end + 1, lineBreaks };
}
