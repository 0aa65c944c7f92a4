import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from './clock.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('a sleep ends when its time is up', async () => {
  const { signal } = new AbortController();
  const slept = systemClock.sleep(1_000, signal);
  await vi.advanceTimersByTimeAsync(1_000);
  await slept;
});

it('a sleep ends as soon as its signal is aborted, and leaves no timer that would keep the process alive', async () => {
  const controller = new AbortController();
  const slept = systemClock.sleep(60_000, controller.signal);
  expect(vi.getTimerCount()).toBe(1);
  controller.abort();
  await slept;
  await systemClock.sleep(60_000, controller.signal);
  expect(vi.getTimerCount()).toBe(0);
});
