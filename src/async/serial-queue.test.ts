import { expect, it } from 'vitest';
import { SerialQueue, sharingNext } from './serial-queue.js';

it('work runs one after the other, in the order of the calls', async () => {
  const queue = new SerialQueue();
  const seen: string[] = [];
  let release = () => {};
  const first = queue.run(async () => {
    seen.push('first begins');
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    seen.push('first ends');
    return 1;
  });
  const second = queue.run(async () => {
    seen.push('second');
    return 2;
  });
  await Promise.resolve();
  expect([seen, queue.size]).toEqual([['first begins'], 2]);
  release();
  expect(await Promise.all([first, second])).toEqual([1, 2]);
  expect([seen, queue.size]).toEqual([['first begins', 'first ends', 'second'], 0]);
});

it('work that fails does not keep the next from running, and is over when the queue is idle', async () => {
  const queue = new SerialQueue();
  const failing = queue.run(() => Promise.reject(new Error('the disk is full')));
  const next = queue.run(() => Promise.resolve('written'));
  await expect(failing).rejects.toThrow('the disk is full');
  expect(await next).toBe('written');
  const last = queue.run(() => Promise.reject(new Error('the disk is full again')));
  await queue.idle();
  await expect(last).rejects.toThrow('again');
});

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
