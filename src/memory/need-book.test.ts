import { expect, it } from 'vitest';
import { NeedBook } from './need-book.js';

it('remembers the last measurement of a digest', () => {
  const book = new NeedBook();
  expect(book.of('a')).toBeUndefined();
  book.remember('a', { restBytes: 1, peakBytes: 2 });
  book.remember('a', { restBytes: 3, peakBytes: 4 });
  expect(book.of('a')).toEqual({ restBytes: 3, peakBytes: 4 });
});

it('forgets the digest that was remembered first once there are more than 1,024', () => {
  const book = new NeedBook();
  for (let number = 0; number < 1_024; number++) book.remember(`${number}`, { restBytes: number, peakBytes: number });
  book.remember('0', { restBytes: 7, peakBytes: 7 });
  book.remember('more', { restBytes: 1, peakBytes: 1 });
  expect(book.of('1')).toBeUndefined();
  expect(book.of('0')).toEqual({ restBytes: 7, peakBytes: 7 });
});
