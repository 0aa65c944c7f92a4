import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { until } from '../../test/support/until.js';
import { LimitedThread } from './limited-thread.js';

/** It doubles numbers; 0 is never answered, and a negative one ends it. */
const PROGRAM = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', (value) => {
  while (value === 0);
  if (value < 0) throw new Error('no such number');
  parentPort.postMessage({ double: 2 * value });
});
parentPort.postMessage('ready');`;

let started = 0;
let clock: FakeClock;
let thread: LimitedThread<number, { readonly double: number }>;
afterEach(() => thread.close());

function create(maxWaitMs?: number) {
  started = 0;
  clock = new FakeClock();
  const start = () => {
    started++;
    return new Worker(PROGRAM, { eval: true });
  };
  thread = new LimitedThread({ clock, start, limitMs: 100, ...(maxWaitMs === undefined ? {} : { maxWaitMs }) });
  return thread;
}

const isTimed = (timers = 1) => until('the run is timed', () => clock.pendingTimers === timers);

describe('a thread with a limit', () => {
  it('answers one job after the other, and starts once', async () => {
    create();
    expect(await Promise.all([1, 2, 3].map((value) => thread.run(value)))).toEqual([
      { double: 2 },
      { double: 4 },
      { double: 6 },
    ]);
    expect(started).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not time what a thread loads before its first job', async () => {
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const loading = `Atomics.wait(require('node:worker_threads').workerData, 0, 0);${PROGRAM}`;
    clock = new FakeClock();
    const worker = new Worker(loading, { eval: true, workerData: gate });
    thread = new LimitedThread({ clock, start: () => worker, limitMs: 100 });
    const doubled = thread.run(1);
    await once(worker, 'online');
    await clock.advance(1_000);
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    expect(await doubled).toEqual({ double: 2 });
  });

  it('ends with a job that exceeds the limit, and starts anew for the next one', async () => {
    create();
    const endless = thread.run(0);
    const next = thread.run(4);
    await isTimed();
    await clock.advance(99);
    expect(started).toBe(1);
    await clock.advance(1);
    expect(await endless).toEqual({ problem: 'it takes longer than 100 ms' });
    expect(await next).toEqual({ double: 8 });
    expect(started).toBe(2);
  });

  it('runs no job that has waited too long', async () => {
    create(50);
    const endless = thread.run(0);
    const late = thread.run(1);
    // The wait of the second one, too.
    await isTimed(2);
    await clock.advance(50);
    expect(await late).toEqual({ problem: 'it has waited longer than 50 ms' });
    await clock.advance(10);
    const recent = thread.run(2);
    await clock.advance(40);
    expect(await endless).toEqual({ problem: 'it takes longer than 100 ms' });
    expect(await recent).toEqual({ double: 4 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('tells why it ended, and starts anew', async () => {
    create();
    expect(await thread.run(-1)).toEqual({ problem: 'no such number' });
    expect(await thread.run(1)).toEqual({ double: 2 });
    expect(started).toBe(2);
  });

  it('answers all jobs when it is closed', async () => {
    create();
    const jobs = [thread.run(0), thread.run(1)];
    await isTimed();
    await thread.close();
    const closed = { problem: 'its thread is being closed' };
    expect(await Promise.all(jobs)).toEqual([closed, closed]);
    expect(clock.pendingTimers).toBe(0);
  });
});
