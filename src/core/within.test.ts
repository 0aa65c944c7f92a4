import { expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { within } from './within.js';

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
