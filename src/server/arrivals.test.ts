import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.js';
import { Arrivals } from './arrivals.js';
import { HttpError } from './http-error.js';

const TOO_SLOW = 'the body arrived too slowly: expected at least 100 bytes per second, got fewer for 5000 ms';

/** A body, and how its request has ended. */
class Body {
  requestBytes = 0;
  readonly failures: unknown[] = [];

  fail(error: unknown): void {
    this.failures.push(error);
  }
}

function create(minReceiveBytesPerSecond = 100) {
  const clock = new FakeClock();
  const arrivals = new Arrivals(clock, { minReceiveBytesPerSecond, receiveGraceMs: 5_000 });
  const body = new Body();
  arrivals.watch(body);
  /** Seconds in each of which so many bytes come. */
  const receive = async (bytes: number, seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      body.requestBytes += bytes;
      await clock.advance(1_000);
    }
  };
  return { clock, arrivals, body, receive };
}

describe('a body', () => {
  it('that arrives at the least rate is never cut off', async () => {
    const { body, receive } = create();
    await receive(100, 60);
    expect(body.failures).toEqual([]);
  });

  it('that arrives more slowly is ended once it has done so for the grace time', async () => {
    const { body, receive, clock } = create();
    await receive(99, 5);
    expect(body.failures).toEqual([]);
    await receive(99, 1);
    expect(body.failures).toEqual([new HttpError(408, TOO_SLOW)]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('that comes almost whole at once and then stops is ended after the grace time', async () => {
    const { body, receive } = create();
    await receive(1_000_000, 1);
    await receive(0, 4);
    expect(body.failures).toEqual([]);
    await receive(0, 1);
    expect(body.failures).toHaveLength(1);
  });

  it('that pauses for less than the grace time and catches up is not ended', async () => {
    const { body, receive } = create();
    for (let round = 0; round < 5; round++) {
      await receive(0, 4);
      await receive(500, 1);
    }
    expect(body.failures).toEqual([]);
  });

  it('that is there is watched no longer', async () => {
    const { arrivals, body, clock } = create();
    arrivals.forget(body);
    await clock.advance(60_000);
    expect([body.failures, clock.pendingTimers]).toEqual([[], 0]);
  });

  it('may arrive at any rate where the least rate is 0', async () => {
    const { body, receive, clock } = create(0);
    await receive(0, 60);
    expect([body.failures, clock.pendingTimers]).toEqual([[], 0]);
  });
});
