import { afterAll, describe, expect, it } from 'vitest';
import type { Plan } from './rollout.js';
import { summarize } from './summary.js';
import { SCALE, Table } from './table.js';
import { independent, manyClasses, ofUsers, scores, vectors } from './worlds.js';

const table = new Table();

afterAll(() => table.print());

const isEven = (index: number) => index % 2 === 0;

/** At 5 %, all metrics on. Each is rolled back within so many requests of canary in 95 of 100 rollouts; undefined = most are not. */
const FAULTS: readonly (readonly [name: string, within: number | undefined, world: Plan['world']])[] = [
  ['errors 1 % → 1.5 %', undefined, independent({ errorRate: 0.015 })],
  ['errors 1 % → 2 %', 5_500, independent({ errorRate: 0.02 })],
  ['errors 1 % → 5 %', 800, independent({ errorRate: 0.05 })],
  ['errors 0.1 % → 1 %', 2_500, independent({ errorRate: 0.01 }, { errorRate: 0.001 })],
  ['errors 1 % → 100 %', 40, independent({ errorRate: 1 })],
  ['all latencies + 10 %', undefined, independent({ slowdown: 1.1 })],
  ['all latencies + 20 %', 900, independent({ slowdown: 1.2 })],
  ['all latencies + 50 %', 250, independent({ slowdown: 1.5 })],
  ['90 % of latencies twice as long, the same tail', 150, independent({ slowdown: 2, tailSlowdown: 1 })],
  ['the slowest 10 % of latencies twice as long, the same median', 1_200, independent({ tailSlowdown: 2 })],
  ['a class 60 % → 50 % of answers', undefined, independent({ classes: [0.5, 0.35, 0.1, 0.04, 0.01] })],
  ['a class 60 % → 40 % of answers', 900, independent({ classes: [0.4, 0.45, 0.1, 0.04, 0.01] })],
  ['a class 1 % → 3 % of answers', 6_000, independent({ classes: [0.58, 0.25, 0.1, 0.04, 0.03] })],
  ['half of 40 classes missing', 200, manyClasses(40, isEven)],
  ['half of 200 classes missing', 400, manyClasses(200, isEven)],
  ['half of 1,000 classes missing', 1_200, manyClasses(1_000, isEven)],
  ['scores higher by half a standard deviation', 1_500, scores({ shift: 0.5 })],
  ['scores that vary twice as much', 700, scores({ spread: 2 })],
  ['vectors of another direction', 150, vectors({ turned: 1 })],
  ['20 % of the vectors of another direction', 800, vectors({ turned: 0.2 })],
  ['20 % of the vectors the same', 600, vectors({ constant: 0.2 })],
  ['successes 20 % → 15 % (of 1 request in 8)', undefined, independent({ success: 0.15 })],
  ['successes 20 % → 10 % (of 1 request in 8)', 5_000, independent({ success: 0.1 })],
  ['agreement 98 % instead of 99 % (of 1 request in 8)', 2_500, independent({}, { agreement: 0.98 })],
];

describe('a canary that is worse', () => {
  it.each(FAULTS)('is rolled back: %s', (name, within, world) => {
    const plan = { share: 0.05, until: { canary: 6_000 }, world };
    const summary = summarize('worse', (within === undefined ? 10 : 100) * SCALE, plan);
    table.addSummary(name, summary);
    if (within !== undefined) expect(summary.most).toBeLessThanOrEqual(within);
  });
});

/** At 50 %, of all requests of users each of whom has errors, latencies and answers of their own. */
const FAULTS_OF_USERS: readonly (readonly [
  name: string,
  users: number,
  within: number | undefined,
  world: Plan['world'],
])[] = [
  ['errors 1 % → 30 %', 50, undefined, ofUsers({ errorRate: 0.3 })],
  ['errors 1 % → 30 %', 100, 900, ofUsers({ errorRate: 0.3 })],
  ['errors 1 % → 30 %', 200, 900, ofUsers({ errorRate: 0.3 })],
  ['errors 1 % → 30 %', 500, 600, ofUsers({ errorRate: 0.3 })],
  ['errors 1 % → 10 %', 100, undefined, ofUsers({ errorRate: 0.1 })],
  ['errors 1 % → 10 %', 200, undefined, ofUsers({ errorRate: 0.1 })],
  ['errors 1 % → 10 %', 1_000, undefined, ofUsers({ errorRate: 0.1 })],
  ['all latencies twice as long', 200, undefined, ofUsers({ slowdown: 2 })],
  ['all latencies twice as long', 1_000, 2_000, ofUsers({ slowdown: 2 })],
];

describe('a canary that is worse for users who stay with their version', () => {
  it.each(FAULTS_OF_USERS)('is rolled back: %s, %i users', (name, users, within, world) => {
    const plan = { share: 0.5, until: { canary: 4_000 }, world, users };
    const summary = summarize('worse', (within === undefined ? 20 : 100) * SCALE, plan);
    table.addSummary(`${name}, ${users.toLocaleString('en-US')} users`, summary);
    if (within !== undefined) expect(summary.most).toBeLessThanOrEqual(within);
  });
});
