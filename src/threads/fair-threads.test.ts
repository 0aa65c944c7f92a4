import { describe, expect, it } from 'vitest';
import { FairThreads } from './fair-threads.js';

/** Threads that answer when they are told to. */
function setUp(count = 2, maxWaiting = 100, ready = () => Promise.resolve()) {
  const running: { readonly thread: number; readonly input: string; readonly end: () => void }[] = [];
  const threads = Array.from({ length: count }, (_, thread) => ({
    run: (input: string) =>
      new Promise<{ output: string }>((resolve) => {
        running.push({
          thread,
          input,
          end: () => {
            running.splice(
              running.findIndex((job) => job.input === input),
              1,
            );
            resolve({ output: input });
          },
        });
      }),
    ready,
    close: async () => undefined,
  }));
  const fair = new FairThreads<string, { readonly output: string }>({ maxWaiting, threads });
  const inputs = () => running.map(({ input }) => input);
  const end = async (input: string) => {
    running.find((job) => job.input === input)?.end();
    await new Promise(setImmediate);
  };
  return { fair, running, inputs, end };
}

describe('threads that tenants share', () => {
  it('run one job of a tenant at a time, and leave the other thread to others', async () => {
    const { fair, inputs, end } = setUp();
    for (let job = 0; job < 5; job++) void fair.run(`a${job}`, { tenant: 'a' });
    expect(inputs()).toEqual(['a0']);
    void fair.run('b0', { tenant: 'b' });
    expect(inputs()).toEqual(['a0', 'b0']);
    await end('a0');
    expect(inputs()).toEqual(['b0', 'a1']);
  });

  it('give turns to all who wait, whoever has more', async () => {
    const { fair, inputs, end } = setUp(1);
    for (const input of ['a0', 'a1', 'a2', 'b0', 'c0', 'b1']) void fair.run(input, { tenant: input.charAt(0) });
    const order: string[] = [];
    for (let [input] = inputs(); input !== undefined; [input] = inputs()) {
      order.push(input);
      await end(input);
    }
    // Nothing else was there when the first one came.
    expect(order).toEqual(['a0', 'a1', 'b0', 'c0', 'a2', 'b1']);
    expect(fair.pending).toBe(0);
  });

  it('are not free before what could not be interrupted has ended, and neither is its tenant', async () => {
    let free: () => void = () => undefined;
    const { fair, inputs, end } = setUp(2, 100, () => new Promise((resolve) => (free = resolve)));
    const first = fair.run('a0', { tenant: 'a' });
    void fair.run('a1', { tenant: 'a' });
    await end('a0');
    expect(await first).toEqual({ output: 'a0' });
    expect(inputs()).toEqual([]);
    free();
    await new Promise(setImmediate);
    expect(inputs()).toEqual(['a1']);
  });

  it('use the second one only while the first is busy', async () => {
    const { fair, running, end } = setUp();
    for (const tenant of ['a', 'b', 'c']) {
      void fair.run(tenant, { tenant });
      expect(running.map(({ thread }) => thread)).toEqual([0]);
      await end(tenant);
    }
  });

  it('run no job whose output is not wanted any more', async () => {
    const { fair, inputs, end } = setUp(1);
    void fair.run('a0', { tenant: 'a' });
    let isWanted = true;
    const left = fair.run('a1', { tenant: 'a', isWanted: () => isWanted });
    void fair.run('a2', { tenant: 'a' });
    isWanted = false;
    await end('a0');
    expect(await left).toEqual({ problem: 'it is no longer wanted' });
    expect(inputs()).toEqual(['a2']);
  });

  it('hold a bounded number of jobs, and end them when they are closed', async () => {
    const { fair } = setUp(1, 2);
    void fair.run('a0', { tenant: 'a' });
    const waiting = ['a1', 'a2'].map((input) => fair.run(input, { tenant: 'a' }));
    expect(await fair.run('a3', { tenant: 'a' })).toEqual({ problem: '2 others wait already' });
    await fair.close();
    expect(await Promise.all(waiting)).toEqual(Array(2).fill({ problem: 'its thread is being closed' }));
  });
});
