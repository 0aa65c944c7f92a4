import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { systemClock, within } from './clock.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('the epoch is the time of day at which the monotonic clock was 0', () => {
  vi.useRealTimers();
  expect(Math.abs(systemClock.epochMs + systemClock.now() - systemClock.wallNow())).toBeLessThan(60_000);
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

it('ends with what it waits for, and leaves no timer behind', async () => {
  const clock = new FakeClock();
  await within(clock, 1_000, Promise.resolve());
  expect(clock.pendingTimers).toBe(0);
});

it('ends when the time is up', async () => {
  const clock = new FakeClock();
  let over = false;
  void within(clock, 1_000, new Promise(() => undefined)).then(() => {
    over = true;
  });
  await clock.advance(999);
  expect(over).toBe(false);
  await clock.advance(1);
  expect(over).toBe(true);
});
