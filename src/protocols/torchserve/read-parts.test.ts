import { describe, expect, it } from 'vitest';
import { isUrlEncoded, readForm, readParts } from './read-parts.js';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const texts = (body: string, maxParts = 3) =>
  readForm(Buffer.from(body), maxParts).map(({ name, data }) => [name, Buffer.from(data).toString()]);

describe('a percent-encoded form', () => {
  it('has a field for each pair', () => {
    expect(texts('data=a%20b+c&x=%C3%A9')).toEqual([
      ['data', 'a b c'],
      ['x', 'é'],
    ]);
  });

  it.each(['a&'.repeat(1_000_000), '&'.repeat(3), 'a=1&b=2&c=3&d=4'])(
    'is refused by its separators where it has too many fields, before it is read',
    (body) => {
      expect(() => texts(body)).toThrow('the form: expected at most 3 fields, got more');
    },
  );

  it('is known by its type and its look', () => {
    const looks = (body: string, headers: object = FORM) =>
      isUrlEncoded({ headers: { ...headers }, body: Buffer.from(body) });
    expect([looks('a=1'), looks('{"a=1'), looks('[1,"="]'), looks('a'), looks('a=1', {})]).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

it('what curl calls a form, and is none, is a body of no type', () => {
  const body = Buffer.from('{"a":1}');
  expect(readParts({ headers: FORM, body }, 3)).toEqual([{ name: 'body', type: '', data: body }]);
  expect(readParts({ headers: FORM, body: Buffer.alloc(0) }, 3)).toEqual([]);
});
