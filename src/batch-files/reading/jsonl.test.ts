import { describe, expect, it } from 'vitest';
import { readAll, scratchFile } from '../../../test/support/batch-files.js';
import { openJsonl } from './jsonl.js';

const open = (content: string | Uint8Array, maxRecordBytes = 1_000) =>
  openJsonl(scratchFile('in.jsonl', content), maxRecordBytes);

describe('a JSONL file', () => {
  it('has a row in each line, and columns of the types of its first rows', async () => {
    const reader = await open('{"id":1,"x":[1,2.5]}\r\n\n{"id":2.5,"x":[3],"name":"b","ok":true}\n{"id":null}');
    expect(reader.columns).toEqual([
      { name: 'id', type: 'integer or number', isText: false, isNumeric: true },
      { name: 'x', type: 'list', isText: false, isNumeric: true },
      { name: 'name', type: 'text', isText: false, isNumeric: false },
      { name: 'ok', type: 'boolean', isText: false, isNumeric: false },
    ]);
    const { rows, blocks } = await readAll(reader);
    expect(rows).toEqual([
      { id: 1, x: [1, 2.5], name: undefined, ok: undefined },
      { id: 2.5, x: [3], name: 'b', ok: true },
      { id: null, x: undefined, name: undefined, ok: undefined },
    ]);
    expect(blocks.at(-1)?.next).toEqual({ row: 3, line: 4, offset: 74 });
  });

  it('says of lines that cannot be read why, and where they are', async () => {
    const latin1 = Buffer.from('{"a":"\xe9"}\n', 'latin1');
    const reader = await open(
      Buffer.concat([Buffer.from('\u{feff}{"a":1}\n{"a":\n[1]\nnull\n7\n{"a":2}\n'), latin1, Buffer.from('{"a":3}\n')]),
    );
    const { rows } = await readAll(reader);
    expect(rows).toEqual([
      { a: 1 },
      expect.stringMatching(/^the line is not JSON: /),
      'the line is a list: expected an object',
      'the line is null: expected an object',
      'the line is a number: expected an object',
      { a: 2 },
      'the line is not UTF-8',
      { a: 3 },
    ]);
  });

  it('passes over a line above the limit without holding it', async () => {
    const long = `{"a":"${'x'.repeat(3_000_000)}"}`;
    const reader = await open(`{"a":1}\n${long}\n{"a":"${'y'.repeat(1_000)}"}\n{"a":2}`);
    const { rows } = await readAll(reader);
    expect(rows).toEqual([
      { a: 1 },
      'the line has 3000009 bytes: expected at most 1000',
      'the line has 1009 bytes: expected at most 1000',
      { a: 2 },
    ]);
  });

  it('is read from any row on, in blocks that end at multiples of the stride', async () => {
    const reader = await open(Array.from({ length: 25 }, (_, id) => `{"id":${id}}\n\n`).join(''));
    const { blocks, rows } = await readAll(reader, { stride: 10 });
    expect(blocks.map((block) => block.rows.length)).toEqual([10, 10, 5]);
    const rest = await readAll(reader, { stride: 10, from: blocks[1]?.next as never });
    expect(rest.rows).toEqual(rows.slice(20));
  });

  it('is refused where none of its first rows is an object', async () => {
    await expect(open('1\n2\n')).rejects.toThrow(/in\.jsonl: none of its first rows is a JSON object$/);
    await expect(open('')).rejects.toThrow(/in\.jsonl: none of its first rows is a JSON object$/);
  });
});
