import { afterAll, describe, expect, it } from 'vitest';
import type { JudgeOptions } from '../../src/rollouts/judge/index.js';
import { readRecordedLatencies } from './recorded-latencies.js';
import { ALL_METRICS, type Plan } from './rollout.js';
import { summarize } from './summary.js';
import { formatPercent, SCALE, Table } from './table.js';
import { independent, manyClasses, ofUsers, recorded, scores, stalling, stormy, vectors } from './worlds.js';

const table = new Table();

afterAll(() => table.print());

/** Canary's share goes up with the requests: 1, 5, 25, 50 %. */
const STEPS = { share: (index: number) => [0.01, 0.05, 0.25][Math.floor(index / 1_250)] ?? 0.5, until: { all: 5_000 } };

/** Nothing is tolerated: canary is exactly like stable, and not better than it has to be. */
const STRICT: JudgeOptions = {
  latency: { tolerance: 1, floorMs: 0 },
  answers: { tolerance: 1 },
  outcomes: {},
  agreement: {},
};

type Alike = readonly [name: string, world: Plan['world'], users: number | undefined];

const ALIKE: readonly Alike[] = [
  ['requests that know nothing of each other', independent({}, { agreement: 0.99 }), undefined],
  ['load that rises and falls, and outages', stormy, undefined],
  ['recorded latencies', recorded(readRecordedLatencies()), undefined],
  ['processes that stop now and then', stalling, undefined],
  ['1,000 classes', manyClasses(1_000), undefined],
  ['scores', scores(), undefined],
  ['vectors', vectors(), undefined],
  ['100 users', ofUsers(), 100],
  ['1,000 users', ofUsers(), 1_000],
  ['5,000 users', ofUsers(), 5_000],
  ['200 users, and processes that stop now and then', stalling, 200],
];

/** A thousand rollouts each, with all metrics, whose judge is asked after each request. */
describe('a canary that is like stable', () => {
  it.each(ALIKE)('is rolled back in at most 5 % of rollouts: %s', (name, world, users) => {
    const runs = 1_000 * SCALE;
    const { share } = summarize('worse', runs, { ...STEPS, world, options: STRICT, ...(users && { users }) });
    table.add(name, runs, formatPercent(share));
    expect(share).toBeLessThanOrEqual(0.05);
  });

  it.each([
    ['errors, latencies and answers', 0.95, independent(), {}],
    ['1,000 classes', 0.95, manyClasses(1_000), {}],
    ['scores', 0.95, scores(), {}],
    ['vectors', 0.95, vectors(), {}],
    ['all metrics', 0.25, independent(), ALL_METRICS],
  ])('is fine: %s', (name, least, world, options) => {
    const plan = { share: 0.05, until: { canary: 6_000 }, world, options, endsWhenFine: true };
    const summary = summarize('fine', 20 * SCALE, plan);
    table.addSummary(`like stable, ${name}`, summary);
    expect(summary.share).toBeGreaterThanOrEqual(least);
  });
});
