import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAll, scratchFile } from '../../../test/support/batch-files.js';
import { findRecordEnd, openCsv } from './csv.js';

const open = (content: string, maxRecordBytes = 1_000) => openCsv(scratchFile('in.csv', content), maxRecordBytes);

describe('a CSV file', () => {
  it('has columns that its first line names, and rows of text', async () => {
    const reader = await open('\u{feff}id,note\r\n1,plain\r\n\r\n2,"with, comma and\nline and ""marks"""\r\n3,"');
    expect(reader.columns.map(({ name }) => name)).toEqual(['id', 'note']);
    const { rows, blocks } = await readAll(reader);
    expect(rows).toEqual([
      { id: '1', note: 'plain' },
      { id: '2', note: 'with, comma and\nline and "marks"' },
      'line 6: a quotation mark is opened and never closed',
    ]);
    expect(blocks.at(-1)?.next).toMatchObject({ row: 3, line: 5 });
  });

  it('says of ragged rows how many fields they have', async () => {
    const { rows } = await readAll(await open('a,b\n1\n1,2\n1,2,3\n"1"x,2\n'));
    expect(rows).toEqual([
      'expected 2 fields, got 1',
      { a: '1', b: '2' },
      'expected 2 fields, got 3',
      `line 5: expected a comma or the end of the line behind '"', got 'x'`,
    ]);
  });

  it('loses one line, and not the rest, by a quotation mark that is never closed', async () => {
    const { rows } = await readAll(await open(`a,b\n1,"open\n${'2,3\n'.repeat(500)}`));
    expect(rows).toHaveLength(501);
    expect(rows.slice(0, 2)).toEqual(['line 2: a quotation mark is opened and never closed', { a: '2', b: '3' }]);
  });

  it('is read from any row on', async () => {
    const reader = await open(`id\n${Array.from({ length: 25 }, (_, id) => `${id}\n`).join('')}`);
    const { blocks, rows } = await readAll(reader, { stride: 10 });
    expect(blocks.map((block) => block.rows.length)).toEqual([10, 10, 5]);
    const rest = await readAll(reader, { stride: 10, from: blocks[0]?.next as never });
    expect(rest.rows).toEqual(rows.slice(10));
  });

  it('is refused without a header, or where two columns have one name', async () => {
    await expect(open('')).rejects.toThrow(/in\.csv is empty: expected a first line with the names of its columns$/);
    await expect(open('a,b,a\n')).rejects.toThrow(/in\.csv: two columns are named 'a'$/);
    await expect(open('a,"b\n')).rejects.toThrow(/in\.csv: line 1: a quotation mark is opened and never closed$/);
  });
});

it('a record of CSV ends where a parser that reads character by character ends it', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', '"', ',', '\n', '""')), (parts) => {
      const text = parts.join('');
      expect(findRecordEnd(Buffer.from(text), 0)).toBe(slowRecordEnd(text));
    }),
  );
});

function slowRecordEnd(text: string): number {
  let isQuoted = false;
  let isFieldStart = true;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (isQuoted) {
      if (char !== '"') continue;
      if (text[at + 1] === '"') at++;
      else isQuoted = false;
    } else if (char === '\n') return at + 1;
    else if (char === ',') isFieldStart = true;
    else {
      isQuoted = char === '"' && isFieldStart;
      isFieldStart = false;
    }
  }
  return -1;
}
