import { beforeEach, expect, it, vi } from 'vitest';
import type { Driver } from './driver.js';
import { measure } from './measure.js';
import type { Measurement } from './options.js';
import { Recorder } from './recorder.js';

const time = vi.hoisted(() => ({ nowMs: 0, slept: [] as number[], whileAsleep: () => {} }));
vi.mock('node:timers/promises', () => ({
  setTimeout(ms: number): Promise<void> {
    time.slept.push(ms);
    time.whileAsleep();
    time.nowMs += ms;
    return Promise.resolve();
  },
}));

beforeEach(() => {
  Object.assign(time, { nowMs: 1_000, slept: [], whileAsleep: () => undefined });
  vi.spyOn(performance, 'now').mockImplementation(() => time.nowMs);
});

const driver = { start: vi.fn(), stop: vi.fn(), close: vi.fn() } satisfies Driver;

const measured = (measurement: Measurement, recorder = new Recorder()) =>
  measure({ driver, recorder, measurement, serverPid: undefined, signal: undefined, onWindow: () => undefined });

it('a measurement of a time lasts exactly that, and stops the load', async () => {
  const { counted, stable } = await measured({ kind: 'duration', durationMs: 60 });
  expect(counted.map(({ window }) => window.durationMs)).toEqual([60]);
  expect([stable, time.slept, driver.stop.mock.calls.length]).toEqual([true, [60], 1]);
});

it('windows follow each other without a gap, and the last of them are the result', async () => {
  const rule = { windowMs: 100, windows: 3, tolerance: -1, maxWindows: 5, percentile: 50 };
  const { windows, counted, stable } = await measured({ kind: 'stable', ...rule });
  expect(windows.map(({ window }) => [window.startedAt, window.durationMs])).toEqual(
    [1_000, 1_100, 1_200, 1_300, 1_400].map((startedAt) => [startedAt, 100]),
  );
  expect([stable, counted]).toEqual([false, windows.slice(2)]);
});

it('ends as soon as three windows in a row agree', async () => {
  const recorder = new Recorder();
  const answeredInWindow = [5, 9, 10, 10, 11];
  time.whileAsleep = () => {
    for (let left = answeredInWindow.shift() ?? 0; left > 0; left--) {
      const ticket = recorder.arrive(time.nowMs);
      recorder.settle(ticket, { ok: true, outcome: 200, at: time.nowMs + 2, receivedBytes: 1, timed: true });
    }
  };
  const rule = { windowMs: 100, windows: 3, tolerance: 0.1, maxWindows: 9, percentile: 50 };
  const { windows, counted, stable } = await measured({ kind: 'stable', ...rule }, recorder);
  expect(windows.map(({ window }) => window.completed)).toEqual([5, 9, 10, 10, 11]);
  expect([stable, counted]).toEqual([true, windows.slice(2)]);
});
