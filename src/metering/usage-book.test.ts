import { describe, expect, it } from 'vitest';
import type { UsageIncrement } from '../store/index.js';
import { HOUR_MS, UsageBook } from './usage-book.js';

const T0 = Date.UTC(2026, 0, 1);
const FRAUD = { name: 'fraud', version: 3 };
const call = (
  name: string,
  { groups, route = '', arm = '' }: { groups?: readonly string[]; route?: string; arm?: string } = {},
) => ({
  principal: { name, groups: groups ?? [] },
  timing: { route, arm },
});
const createBook = (more: { maxSeriesPerHour?: number; maxPending?: number } = {}) =>
  new UsageBook({
    prices: { priceOf: (model) => `price of ${model}` },
    maxSeriesPerHour: 100,
    maxPending: 1_000,
    ...more,
  });
const shown = (increments: readonly UsageIncrement[]) =>
  increments.map(({ hourMs, principal, groups, model, version, route, arm, answered }) =>
    [(hourMs - T0) / HOUR_MS, principal, groups, `${model}/${version}`, route, arm, answered].join(' '),
  );

describe('a book of usage', () => {
  it('counts by principal, groups, model, version, route and arm', () => {
    const book = createBook();
    book.at(T0, call('a'), FRAUD).answered++;
    book.at(T0 + HOUR_MS - 1, call('a'), FRAUD).answered++;
    book.at(T0, call('b'), FRAUD).answered++;
    book.at(T0, call('a', { groups: ['y', 'x', 'y'] }), FRAUD).answered++;
    book.at(T0, call('a'), { ...FRAUD, version: 4 }).answered++;
    book.at(T0, call('a', { route: 'live', arm: 'canary' }), FRAUD).answered++;
    book.at(T0, call('a', { route: 'live' }), undefined).answered++;
    expect(shown(book.take(100))).toEqual([
      '0 a [] fraud/3   2',
      '0 b [] fraud/3   1',
      '0 a ["x","y"] fraud/3   1',
      '0 a [] fraud/4   1',
      '0 a [] fraud/3 live canary 1',
      '0 a [] /0   1',
    ]);
    expect(book.take(100)).toEqual([]);
  });

  it('has the price of each model with what was used of it', () => {
    const book = createBook();
    book.at(T0, call('a'), FRAUD).rows++;
    book.at(T0, call('a'), undefined).refused++;
    expect(book.take(2).map(({ price }) => price)).toEqual(['price of fraud', '']);
  });

  it('gives what came since it was taken, so many at a time, the oldest first', () => {
    const book = createBook();
    for (const name of ['a', 'b', 'c']) book.at(T0, call(name), FRAUD).answered += 5;
    expect(shown(book.take(2))).toEqual(['0 a [] fraud/3   5', '0 b [] fraud/3   5']);
    book.at(T0, call('a'), FRAUD).answered++;
    expect([book.pending, ...shown(book.take(2))]).toEqual([2, '0 c [] fraud/3   5', '0 a [] fraud/3   1']);
  });

  it('goes by the hours of the clock, also where that is set back', () => {
    const book = createBook();
    for (const hours of [5, 6, 5, 2, 5, 6]) book.at(T0 + hours * HOUR_MS, call('a'), FRAUD).answered++;
    const sums = new Map<string, number>();
    for (const { hourMs, answered } of book.take(100)) {
      const hour = String((hourMs - T0) / HOUR_MS);
      sums.set(hour, (sums.get(hour) ?? 0) + answered);
    }
    expect(Object.fromEntries(sums)).toEqual({ 2: 1, 5: 3, 6: 2 });
  });

  it('counts the principals of an hour that are too many as others', () => {
    const book = createBook({ maxSeriesPerHour: 2 });
    for (const name of ['a', 'b', 'c', 'd', 'c', 'a']) book.at(T0, call(name, { groups: ['x'] }), FRAUD).answered++;
    expect(shown(book.take(100))).toEqual([
      '0 a ["x"] fraud/3   2',
      '0 b ["x"] fraud/3   1',
      '0 (other) [] fraud/3   3',
    ]);
    expect(book.folded).toBe(3);
    book.at(T0 + HOUR_MS, call('d'), FRAUD).answered++;
    expect(shown(book.take(100))).toEqual(['1 d [] fraud/3   1']);
  });

  it('does not take a request of others that has come to no model for one of the model that they used before', () => {
    const book = createBook({ maxSeriesPerHour: 1 });
    book.at(T0, call('a'), FRAUD).answered++;
    const other = call('b');
    book.at(T0, other, FRAUD).answered++;
    book.at(T0, other, undefined).answered++;
    expect(shown(book.take(100))).toEqual(['0 a [] fraud/3   1', '0 (other) [] fraud/3   1', '0 (other) [] /0   1']);
  });

  it('is bounded also where the models are too many', () => {
    const book = createBook({ maxSeriesPerHour: 1, maxPending: 5_000 });
    for (let version = 1; version <= 2_000; version++) book.at(T0, call('a'), { name: 'm', version }).answered++;
    const increments = book.take(5_000);
    expect(increments).toHaveLength(1_002);
    expect(shown(increments).at(-1)).toBe('0 (other) [] (other)/0   999');
  });

  it('counts what has no place as lost, and what could not be written', () => {
    const book = createBook({ maxPending: 1 });
    book.at(T0, call('a'), FRAUD).answered += 2;
    book.at(T0, call('b'), FRAUD).answered += 3;
    expect(book.lost.answered).toBe(3);
    const taken = book.take(10);
    expect(shown(taken)).toEqual(['0 a [] fraud/3   2']);
    book.lose(taken);
    expect(book.lost.answered).toBe(5);
    book.at(T0, call('b'), FRAUD).answered++;
    expect(shown(book.take(10))).toEqual(['0 b [] fraud/3   1']);
  });

  it('takes no two principals for one, whatever they are called', () => {
    const book = createBook();
    const odd = [
      call('a', { groups: ['b'] }),
      call('["a","b"]'),
      call('a'),
      call('a', { groups: ['b","c'] }),
      call('a', { groups: ['b', 'c'] }),
    ];
    for (const one of odd) book.at(T0, one, FRAUD).answered++;
    expect(book.take(100).map(({ answered }) => answered)).toEqual([1, 1, 1, 1, 1]);
  });

  it('has names that a store can keep', () => {
    const book = createBook();
    book.at(T0, call('a\0b', { groups: ['x\0y', '\\u0000'] }), FRAUD).answered++;
    expect(book.take(1)).toMatchObject([{ principal: 'a␀b', groups: JSON.stringify(['\\u0000', 'x␀y']) }]);
  });
});
