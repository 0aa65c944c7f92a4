import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AttemptOutcome, nextDelivery } from './delivery.js';

const POLICY = { maxAttempts: 4, retryBackoffMs: 1_000, maxRetryBackoffMs: 60_000 };
const at = (changes: object = {}) => ({ nowMs: 10_000, random: 1, endedAtMs: 0, policy: POLICY, ...changes });
const PENDING = { attempts: 0, maxAgeMs: 3_600_000 };

describe('a notification', () => {
  it('is delivered once it is accepted', () => {
    expect(nextDelivery(PENDING, { kind: 'accepted', status: 204 }, at())).toEqual({
      state: 'delivered',
      attempts: 1,
      dueAtMs: undefined,
      status: 204,
      error: undefined,
    });
  });

  it('waits twice as long after each failure, and is given up after the last attempt', () => {
    const refused: AttemptOutcome = { kind: 'refused', status: 500, retryAfterMs: undefined };
    const waits = [0, 1, 2].map(
      (attempts) => (nextDelivery({ ...PENDING, attempts }, refused, at()).dueAtMs ?? 0) - 10_000,
    );
    expect(waits).toEqual([1_000, 2_000, 4_000]);
    expect(nextDelivery({ ...PENDING, attempts: 3 }, refused, at())).toEqual({
      state: 'failed',
      attempts: 4,
      dueAtMs: undefined,
      status: 500,
      error: 'the receiver answered 500; given up after 4 attempts',
    });
  });

  it('waits as long as its receiver asks for, within the limit', () => {
    const asked = (retryAfterMs: number) =>
      nextDelivery(PENDING, { kind: 'refused', status: 503, retryAfterMs }, at()).dueAtMs;
    expect([asked(5_000), asked(86_400_000)]).toEqual([15_000, 70_000]);
  });

  it('is given up where it would be too late', () => {
    const late = nextDelivery(
      { attempts: 0, maxAgeMs: 10_500 },
      { kind: 'unreachable', message: 'no answer: x' },
      at(),
    );
    expect([late.state, late.error]).toEqual(['failed', 'no answer: x; given up after 1 attempt']);
  });

  it.each([
    [{ kind: 'gone', status: 410 }, 'the receiver answered 410: it takes no more notifications'],
    [{ kind: 'forbidden', message: 'not allowed' }, 'not allowed'],
  ] as const)('is not attempted again after %o', (outcome, error) => {
    expect(nextDelivery(PENDING, outcome, at())).toMatchObject({ state: 'failed', error });
  });

  it('says that a redirect is not followed', () => {
    const { error } = nextDelivery(PENDING, { kind: 'refused', status: 302, retryAfterMs: undefined }, at());
    expect(error).toBe('the receiver answered 302: redirects are not followed');
  });
});

const outcomes: fc.Arbitrary<AttemptOutcome> = fc.oneof(
  fc.record({ kind: fc.constant('accepted' as const), status: fc.integer({ min: 200, max: 299 }) }),
  fc.record({ kind: fc.constant('gone' as const), status: fc.constant(410) }),
  fc.record({
    kind: fc.constant('refused' as const),
    status: fc.integer({ min: 300, max: 599 }),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: 1e12 }), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('unreachable' as const), message: fc.string() }),
  fc.record({ kind: fc.constant('forbidden' as const), message: fc.string() }),
);

it('ends after finitely many attempts, in time, whatever its receiver does', () => {
  fc.assert(
    fc.property(
      fc.infiniteStream(outcomes),
      fc.nat(1e9),
      fc.float({ min: 0, max: 1, noNaN: true }),
      (given, maxAgeMs, random) => {
        let webhook = { attempts: 0, maxAgeMs };
        let nowMs = 0;
        for (const outcome of given) {
          const next = nextDelivery(webhook, outcome, { nowMs, random, endedAtMs: 0, policy: POLICY });
          expect(next.attempts).toBe(webhook.attempts + 1);
          expect(next.attempts).toBeLessThanOrEqual(POLICY.maxAttempts);
          expect(next.dueAtMs === undefined).toBe(next.state !== 'pending');
          expect(next.error === undefined).toBe(next.state === 'delivered');
          if (next.state === 'delivered') expect(outcome.kind).toBe('accepted');
          if (next.dueAtMs === undefined) return;
          expect(next.dueAtMs).toBeGreaterThan(nowMs);
          expect(next.dueAtMs - nowMs).toBeLessThanOrEqual(POLICY.maxRetryBackoffMs);
          expect(next.dueAtMs).toBeLessThanOrEqual(maxAgeMs);
          webhook = { attempts: next.attempts, maxAgeMs };
          nowMs = next.dueAtMs;
        }
      },
    ),
  );
});
