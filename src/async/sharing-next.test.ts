import { expect, it } from 'vitest';
import { sharingNext } from './sharing-next.js';

it('one reload runs at a time, and all calls that arrive meanwhile share the next one', async () => {
  const ends: ((count: number) => void)[] = [];
  const reload = sharingNext(
    () =>
      new Promise<number>((resolve) => {
        ends.push(resolve);
      }),
  );
  const first = reload();
  await Promise.resolve();
  const others = [reload(), reload(), reload()];
  await Promise.resolve();
  expect([ends.length, new Set(others).size]).toEqual([1, 1]);
  ends[0]?.(1);
  expect(await first).toBe(1);
  await Promise.resolve();
  expect(ends).toHaveLength(2);
  ends[1]?.(2);
  expect(await Promise.all(others)).toEqual([2, 2, 2]);
});

it('a reload that fails does not keep the next one from running', async () => {
  let runs = 0;
  const reload = sharingNext(async () => {
    runs++;
    if (runs === 1) throw new Error('the thread has ended');
    return runs;
  });
  const ends = await Promise.allSettled([reload(), Promise.resolve().then(reload)]);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});
