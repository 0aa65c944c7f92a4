import { describe, expect, it, test } from 'vitest';
import { ObjectReader } from './object-reader.js';

class TestReader extends ObjectReader {
  protected refuse(name: string, expected: string): never {
    throw new Error(`${name}: expected ${expected}, got ${JSON.stringify(this.values[name])}`);
  }

  get members() {
    return { known: this.known, unknown: this.unknown };
  }
}

const LIMIT = { least: 1, most: 8 };

describe('an object reader', () => {
  test.each([
    ['a string', (reader: TestReader) => reader.string('value'), 'text', 3],
    ['true or false', (reader: TestReader) => reader.boolean('value'), false, 'no'],
    ['a number from 1 to 8', (reader: TestReader) => reader.number('value', LIMIT), 1.5, 9],
    ['an integer from 1 to 8', (reader: TestReader) => reader.integer('value', LIMIT), 8, 1.5],
    [
      'an integer of at least 1',
      (reader: TestReader) => reader.integer('value', { least: 1, most: Number.MAX_SAFE_INTEGER }),
      2 ** 40,
      0,
    ],
    ['one of a, b', (reader: TestReader) => reader.choice('value', ['a', 'b']), 'b', 'c'],
  ])('takes %s, and refuses other values', (expected, read, right, wrong) => {
    expect(read(new TestReader({ value: right }))).toBe(right);
    expect(read(new TestReader({}))).toBeUndefined();
    expect(() => read(new TestReader({ value: wrong }))).toThrow(
      `value: expected ${expected}, got ${JSON.stringify(wrong)}`,
    );
  });

  it('takes a bigint for an integer, and null for a value', () => {
    expect(new TestReader({ value: 7n }).integer('value', LIMIT)).toBe(7);
    expect(new TestReader({ value: null }).any('value')).toBeNull();
  });

  it('knows the members that were asked for', () => {
    const reader = new TestReader({ a: 1, b: 2 });
    reader.any('a');
    reader.any('toString');
    expect(reader.members).toEqual({ known: ['a', 'toString'], unknown: ['b'] });
    expect(reader.any('toString')).toBeUndefined();
  });
});
