import { describe, expect, it } from 'vitest';
import { call } from '../../test/support/engine-fixture.js';
import { FakeClock } from '../../test/support/fake-clock.js';
import { DeadlineWatch } from './deadline.js';

function fixture() {
  const clock = new FakeClock();
  const watch = new DeadlineWatch(clock);
  const callIn = (ms: number) => call(clock.now() + ms, clock.now());
  return { clock, watch, callIn };
}

describe('DeadlineWatch', () => {
  it.each([0, 1, 1_999, 2_001, 3_500, 60_000])('cancels a call after its %d ms and not before', async (ms) => {
    const { clock, watch, callIn } = fixture();
    const watched = callIn(ms);
    watch.watch(watched);
    await clock.advance(Math.max(0, ms - 1));
    if (ms > 0) expect(watched.cancelled).toBeUndefined();
    await clock.advance(1);
    expect(watched.cancelled).toMatchObject({
      code: 'deadline_exceeded',
      message: `the request took longer than its ${ms} ms`,
    });
  });

  it('cancels a call at once whose time is over already, so that nobody works for it', () => {
    const { clock, watch, callIn } = fixture();
    const late = callIn(-5);
    watch.unwatch(watch.watch(late));
    expect(late.cancelled?.code).toBe('deadline_exceeded');
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves calls alone that have ended, or that have no deadline, and their slots to others', async () => {
    const { clock, watch, callIn } = fixture();
    const [near, distant, endless] = [callIn(500), callIn(5_000), call()];
    for (const ended of [near, distant]) watch.unwatch(watch.watch(ended));
    watch.unwatch(watch.watch(endless));
    const heir = callIn(4_000);
    watch.watch(heir);
    await clock.advance(10_000);
    expect([near, distant, endless].map(({ cancelled }) => cancelled)).toEqual([undefined, undefined, undefined]);
    expect(heir.cancelled?.code).toBe('deadline_exceeded');
  });

  it('keeps no timer while it watches over nothing', async () => {
    const { clock, watch, callIn } = fixture();
    watch.unwatch(watch.watch(callIn(60_000)));
    await clock.advance(1_000);
    expect(clock.pendingTimers).toBe(0);
  });
});
