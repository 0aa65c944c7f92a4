import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readAll, scratchFile } from '../../../test/support/batch-files.js';
import { openCsv } from './csv.js';
import { openJsonl } from './jsonl.js';

const LIMIT = 40;
/** Pieces of files, right ones and wrong ones. */
const PIECES = {
  jsonl: [
    '{"a":1}',
    '{"a":"x"}',
    '\n',
    '\n',
    '\r\n',
    '"',
    '{',
    '}',
    '[1,',
    ' ',
    '\u{feff}',
    'x'.repeat(50),
    '{"b":',
    '\\',
  ],
  csv: ['1,2', '"x, y"', '\n', '\n', '\r\n', '"', '""', ',', ' ', '\u{feff}', 'x'.repeat(50), '"open\n'],
} as const;
const OPENERS = { jsonl: openJsonl, csv: openCsv } as const;
const HEADS = { jsonl: '{"a":0}\n', csv: 'a,b\n' } as const;

it.each(['jsonl', 'csv'] as const)(
  'any bytes are rows of %s, and the same rows from wherever they are read',
  async (format) => {
    const piece = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...PIECES[format]).map((text) => Buffer.from(text)) },
      fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 1, max: 7 }), async (pieces, stride) => {
        const file = scratchFile(`in.${format}`, Buffer.concat([Buffer.from(HEADS[format]), ...pieces]));
        const reader = await OPENERS[format](file, LIMIT);
        const whole = await readAll(reader);
        const { blocks, rows } = await readAll(reader, { stride });
        expect(rows).toEqual(whole.rows);
        for (const { next } of blocks) {
          const rest = await readAll(reader, { stride, from: next });
          expect(rest.rows).toEqual(whole.rows.slice(next.row));
        }
      }),
      { numRuns: 100 },
    );
  },
);
