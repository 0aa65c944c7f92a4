import { describe, expect, it } from 'vitest';
import { parseCsv } from './csv.js';

const fieldsOf = (text: string) => parseCsv(text).map(({ fields }) => fields);

describe('parseCsv', () => {
  it.each([
    [
      'lines of any kind',
      '1,2\r\n3,4\n5,6\r7,8',
      [
        ['1', '2'],
        ['3', '4'],
        ['5', '6'],
        ['7', '8'],
      ],
    ],
    [
      'a byte order mark',
      '\u{feff}a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'empty fields',
      ',\n1,\n',
      [
        ['', ''],
        ['1', ''],
      ],
    ],
    [
      'quoted commas, marks and line breaks',
      'a,"b,c"\n"say ""hi""","x\r\ny"\n',
      [
        ['a', 'b,c'],
        ['say "hi"', 'x\r\ny'],
      ],
    ],
    ['an empty quoted field as a record', '"a"\n""\n', [['a'], ['']]],
    ['no records', '\n\n', []],
    ['no records but a quoted one', '\n"a"\n\n', [['a']]],
    ['quotation marks inside of fields', 'a "b" c,1\n', [['a "b" c', '1']]],
  ])('reads %s', (_what, text, expected) => expect(fieldsOf(text)).toEqual(expected));

  it('counts lines across empty lines and quoted line breaks', () => {
    expect(parseCsv('1\n\n2\n').map(({ line }) => line)).toEqual([1, 3]);
    expect(parseCsv('"a\nb"\n\n"c"\r\n2\n').map(({ line }) => line)).toEqual([1, 4, 5]);
  });

  it.each([
    ['a\n"b\nc', 'line 2: a quotation mark is opened and never closed'],
    ['a\n"b\nc"d,1\n', `line 3: expected a comma or the end of the line behind '"', got 'd'`],
  ])('refuses %j with the line', (text, message) => expect(() => parseCsv(text)).toThrow(message));
});
