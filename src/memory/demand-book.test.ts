import { expect, it } from 'vitest';
import { DemandBook } from './demand-book.js';

it('a call counts half as much after 50 further calls', () => {
  const book = new DemandBook();
  book.admit('early');
  for (let call = 0; call < 50; call++) book.admit('late');
  expect(book.of('early')).toBeCloseTo(0.5, 2);
  expect(book.of('never')).toBe(0);
});

it('with 40 models a call counts half as much after 100 further calls', () => {
  const book = new DemandBook();
  for (let model = 0; model < 40; model++) book.admit(`m${model}`);
  const before = book.of('m0');
  for (let call = 0; call < 100; call++) book.admit('m1');
  expect(book.of('m0') / before).toBeCloseTo(0.5, 2);
});

it('counts on without limit, and keeps the proportions', () => {
  const book = new DemandBook();
  for (let call = 0; call < 60_000; call++) book.admit(call % 3 === 0 ? 'rare' : 'often');
  expect(Number.isFinite(book.of('often'))).toBe(true);
  expect(book.of('often') / book.of('rare')).toBeCloseTo(2, 1);
});

it('forgets a model', () => {
  const book = new DemandBook();
  book.admit('gone');
  book.forget('gone');
  expect(book.of('gone')).toBe(0);
});
