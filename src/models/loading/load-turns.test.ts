import { describe, expect, it } from 'vitest';
import { LoadTurns } from './load-turns.js';

/** A load that ends when the test says so. */
function createLoad(order: string[], name: string) {
  let finish = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const run = async () => {
    order.push(`${name} begins`);
    await over;
    order.push(`${name} ends`);
  };
  return { run, finish: () => finish() };
}

describe('LoadTurns', () => {
  it('runs loads of one model one after the other, and those of others beside them', async () => {
    const turns = new LoadTurns();
    const order: string[] = [];
    const [first, second, other] = [
      createLoad(order, 'first'),
      createLoad(order, 'second'),
      createLoad(order, 'other'),
    ];
    const loads = [turns.take('a', first.run), turns.take('a', second.run), turns.take('b', other.run)];
    for (const load of [other, first, second]) load.finish();
    await Promise.all(loads);
    expect(order.indexOf('second begins')).toBeGreaterThan(order.indexOf('first ends'));
    expect(order.indexOf('other begins')).toBeLessThan(order.indexOf('first ends'));
  });

  it('continues after a failed load', async () => {
    const turns = new LoadTurns();
    const failing = turns.take('a', () => Promise.reject(new Error('no')));
    const next = turns.take('a', () => Promise.resolve('loaded'));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('loaded');
    await turns.over();
  });

  it('releases a model when the last load is over that needs it', async () => {
    const turns = new LoadTurns();
    const order: string[] = [];
    const [first, second] = [createLoad(order, 'first'), createLoad(order, 'second')];
    const loads = [first, second].map(({ run }, index) =>
      turns.take(`ensemble ${index}`, (hold) => {
        hold(['part']);
        return run();
      }),
    );
    await turns.released('other');
    const released = turns.released('part').then(() => order.push('released'));
    await expect.poll(() => order).toHaveLength(2);
    first.finish();
    second.finish();
    await Promise.all([...loads, released]);
    expect(order.at(-1)).toBe('released');
  });
});
