import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ArmHealth, admits, HEALTHY, type OutlierPolicy, probed, recorded } from './arm-health.js';

const POLICY: OutlierPolicy = { consecutiveErrors: 3, ejectionMs: 100, maxEjectionMs: 350 };

/** Fails or answers, one behind the other, at the same time. */
const judged = (outcomes: readonly boolean[], now: number, health: ArmHealth = HEALTHY): ArmHealth =>
  outcomes.reduce((known, failed) => recorded(known, failed, { now, policy: POLICY }), health);

describe('an arm', () => {
  it('is left out after so many errors one behind the other, and no sooner', () => {
    expect(admits(judged([true, true], 0), 0)).toBe('yes');
    expect(admits(judged([true, true, false, true, true], 0), 0)).toBe('yes');
    expect(judged([true, true, true], 50)).toEqual({ kind: 'ejected', until: 150, times: 1 });
  });

  it('gets one request to try it after that, and another one should nothing come of it', () => {
    const ejected = judged([true, true, true], 0);
    expect([admits(ejected, 99), admits(ejected, 100)]).toEqual(['no', 'probe']);
    const tried = probed(ejected, 100, POLICY);
    expect([admits(tried, 100), admits(tried, 199), admits(tried, 200)]).toEqual(['no', 'no', 'probe']);
  });

  it('is back once it answers, and out for longer each time that it does not', () => {
    let health = judged([true, true, true], 0);
    expect(judged([false], 120, probed(health, 110, POLICY))).toBe(HEALTHY);
    const durations: number[] = [];
    for (let now = 1_000; durations.length < 4; now += 1_000) {
      health = judged([true], now, probed(health, now, POLICY));
      durations.push(health.kind === 'ejected' ? health.until - now : 0);
    }
    expect(durations).toEqual([200, 350, 350, 350]);
  });

  it('is not judged by what it was sent before', () => {
    const ejected = judged([true, true, true], 0);
    expect(judged([true, true, false], 10, ejected)).toBe(ejected);
  });
});

it('whatever happens, an arm is admitted again, and never out for longer than the policy says', () => {
  const step = fc.record({ failed: fc.boolean(), afterMs: fc.nat(400), probes: fc.boolean() });
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    let health = HEALTHY;
    let now = 0;
    for (const { failed, afterMs, probes } of steps) {
      now += afterMs;
      if (probes && admits(health, now) === 'probe') health = probed(health, now, POLICY);
      health = recorded(health, failed, { now, policy: POLICY });
      expect(admits(health, now + POLICY.maxEjectionMs)).not.toBe('no');
    }
  });
  fc.assert(property);
});
