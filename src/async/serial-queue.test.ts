import { expect, it } from 'vitest';
import { SerialQueue } from './serial-queue.js';

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
