import { describe, expect, it } from 'vitest';
import { type Needed, requirementsOf } from '../../src/rollouts/feasibility/requirements.js';
import type { JudgeOptions, MetricName } from '../../src/rollouts/judge/index.js';
import { ALL_METRICS, type Plan } from './rollout.js';
import { summarize } from './summary.js';
import { type Behaviour, independent, manyClasses, ofUsers } from './worlds.js';

/** Of each plan. */
const RUNS = 100 * Number(process.env.MILLRACE_TEST_JUDGE_SCALE ?? 1);
const REQUESTS_PER_SECOND = 200;

const needsAt = (weight: number, judge: JudgeOptions = {}) =>
  requirementsOf({ judge, unit: 'requests', weight, perSecond: REQUESTS_PER_SECOND });

describe('the announced number of requests', () => {
  it.each([5, 20, 50])('suffices for a canary that is like stable to be fine at %i %', (weight) => {
    const canary = needsAt(weight).fine?.canary ?? 0;
    const plan = { world: independent(), share: weight / 100, until: { canary }, options: {}, endsWhenFine: true };
    expect(summarize('fine', RUNS, plan).share).toBeGreaterThanOrEqual(0.95);
  });

  it.each([
    [0.1, { errors: { margin: 0.05 }, latency: { margin: 0.1 } }],
    [0.5, { errors: { margin: 0.01 } }],
  ])('follows the margins, error budget %d', (errorBudget, margins) => {
    const judge = { ...margins, errorBudget };
    const canary = needsAt(10, judge).fine?.canary ?? 0;
    const plan = { world: independent(), share: 0.1, until: { canary }, options: judge, endsWhenFine: true };
    expect(summarize('fine', RUNS, plan).share).toBeGreaterThanOrEqual(0.95);
  });

  const even: Partial<Behaviour> = { classes: [0.2, 0.5, 0.1, 0.1, 0.1], success: 0.5, agreement: 0.995 };
  /** Of log-normal latencies with σ = 0.5, 15 % are later than 95 % of stable's when the tolerance is taken off. */
  const slowdown = 1.05 * Math.exp(0.5 * (1.645 - 1.036));
  const faults: readonly [MetricName, Plan['world']][] = [
    ['errors', independent({ ...even, errorRate: 0.11 }, even)],
    ['latency', independent({ ...even, slowdown, tailSlowdown: slowdown }, even)],
    ['answers', independent({ ...even, classes: [0.05, 0.8, 0.05, 0.05, 0.05] }, even)],
    ['outcomes', independent({ ...even, success: 0.2 }, even)],
    ['agreement', independent({}, { ...even, agreement: 0.89 })],
  ];
  it.each(faults.flatMap(([name, world]) => [10, 50].map((weight) => [name, weight, world] as const)))(
    'suffices to roll back the fault of %s at %i %',
    (name, weight, world) => {
      const needed = needsAt(weight, ALL_METRICS).metrics.find((metric) => metric.name === name)?.worse;
      const plan = { world, share: weight / 100, until: requestsFor(name, needed) };
      expect(summarize('worse', RUNS, plan).share).toBeGreaterThanOrEqual(0.95);
    },
  );
});

describe('the announced number of requests until a verdict', () => {
  const isEven = (index: number) => index % 2 === 0;

  it.each<[string, Plan['world']]>([
    ['half of 40 classes missing', manyClasses(40, isEven)],
    ['half of 200 classes missing', manyClasses(200, isEven)],
    ['half of 1,000 classes missing', manyClasses(1_000, isEven)],
    ['90 % of latencies twice as long, the same tail', independent({ slowdown: 2, tailSlowdown: 1 })],
  ])('suffices to roll back %s where canary gets a twentieth', (_name, world) => {
    const canary = needsAt(5).fine?.canary ?? 0;
    expect(summarize('worse', RUNS, { world, share: 0.05, until: { canary } }).share).toBeGreaterThanOrEqual(0.95);
  });
});

describe('the announced number of users', () => {
  const usersFor = (weight: number) => requirementsOf({ judge: {}, unit: 'users', weight });
  /** Nearly all of them come. */
  const allOf = (users: number) => ({ users, until: { all: users * 10 } });

  it.each([20, 50])('suffices for a canary that is like stable to be fine at %i %', (weight) => {
    const plan = { ...allOf(usersFor(weight).fine?.all ?? 0), world: independent(), share: weight / 100, options: {} };
    expect(summarize('fine', RUNS / 2, { ...plan, endsWhenFine: true }).share).toBeGreaterThanOrEqual(0.95);
  });

  it.each([20, 50])('suffices to roll back errors at %i %', (weight) => {
    const users = usersFor(weight).metrics[0]?.worse?.all ?? 0;
    const plan = { ...allOf(users), world: ofUsers({ errorRate: 0.3 }), share: weight / 100, options: {} };
    expect(summarize('worse', RUNS, plan).share).toBeGreaterThanOrEqual(0.95);
  });
});

/** One request in eight has an outcome, and one in eight is copied; of so many canary has about its share. */
function requestsFor(name: MetricName, { canary = 0, all = 0 }: Partial<Needed> = {}): Plan['until'] {
  if (name === 'agreement') return { all: all * 8 };
  return { canary: name === 'outcomes' ? (canary + 2 * Math.sqrt(canary)) * 8 : canary };
}
