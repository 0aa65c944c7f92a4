import { expect, it } from 'vitest';
import { whenReady } from './when-ready.js';

it('goes on at once with a value that is there, and throws at once', () => {
  expect(whenReady(2, (value) => value + 1)).toBe(3);
  const fail = () => {
    throw new Error('no');
  };
  expect(() => whenReady(2, fail)).toThrow('no');
});

it('goes on when a promise resolves, and rejects as it does or as what follows throws', async () => {
  const order: string[] = [];
  const later = whenReady(Promise.resolve(2), (value) => order.push(`got ${value}`));
  order.push('went on');
  await later;
  expect(order).toEqual(['went on', 'got 2']);
  await expect(whenReady(Promise.reject(new Error('never')), () => 1)).rejects.toThrow('never');
  const fail = () => {
    throw new Error('no');
  };
  await expect(whenReady(Promise.resolve(2), fail)).rejects.toThrow('no');
});
