import { afterAll, describe, expect, it } from 'vitest';
import type { JudgeOptions } from '../../src/rollouts/judge/index.js';
import { readRecordedLatencies } from './recorded-latencies.js';
import { ALL_METRICS, type Plan } from './rollout.js';
import { type Summary, summarize } from './summary.js';
import { independent, recorded, stormy } from './worlds.js';

/** How many times as many rollouts; the tables in docs/judge.md are made with 2, and printed with it. */
const SCALE = Number(process.env.MILLRACE_TEST_JUDGE_SCALE ?? 1);

const rows: string[] = [];
const percent = (share: number) => `${Number((share * 100).toFixed(2))} %`;
const count = (requests: number | undefined) => requests?.toLocaleString('en-US') ?? '–';

afterAll(() => {
  if (SCALE > 1) console.log(`\n${rows.join('\n')}`);
});

/** Canary's share goes up with the requests: 1, 5, 25, 50 %. */
const STEPS = { share: (index: number) => [0.01, 0.05, 0.25][Math.floor(index / 1_250)] ?? 0.5, until: { all: 5_000 } };

/** Nothing is tolerated: canary is exactly like stable, and not better than it has to be. */
const STRICT: JudgeOptions = {
  latency: { tolerance: 1, floorMs: 0 },
  answers: { tolerance: 1 },
  outcomes: {},
  agreement: {},
};

/** Ten thousand rollouts with all metrics, whose judge is asked after each request. */
describe('a canary that is like stable', () => {
  const agreement = 0.99;
  it.each([
    ['requests that know nothing of each other', 2_500, independent({}, { agreement })],
    ['load that rises and falls, and outages', 2_500, stormy],
    ['recorded latencies', 5_000, recorded(readRecordedLatencies())],
  ])('is rolled back in at most 5 % of rollouts: %s', (name, runs, world) => {
    const { share } = summarize('worse', runs * SCALE, { ...STEPS, world, options: STRICT });
    rows.push(`| ${name} | ${count(runs * SCALE)} | ${percent(share)} |`);
    expect(share).toBeLessThanOrEqual(0.05);
  });

  it.each([
    ['errors, latencies and answers', 0.95, {}],
    ['all metrics', 0.25, ALL_METRICS],
  ])('is fine: %s', (name, least, options) => {
    const plan = { ...at5Percent(6_000, independent()), options, endsWhenFine: true };
    const summary = summarize('fine', 25 * SCALE, plan);
    rows.push(rowOf(`like stable, ${name}`, 6_000, summary));
    expect(summary.share).toBeGreaterThanOrEqual(least);
  });
});

/** At 5 %, all metrics on. */
function at5Percent(canary: number, world: Plan['world']) {
  return { share: 0.05, until: { canary }, world };
}

describe('a canary that is worse', () => {
  it.each([
    ['errors 1 % → 1.5 %', 0, 6_000, independent({ errorRate: 0.015 })],
    ['errors 1 % → 2 %', 0.9, 6_000, independent({ errorRate: 0.02 })],
    ['errors 1 % → 5 %', 0.99, 2_000, independent({ errorRate: 0.05 })],
    ['errors 0.1 % → 1 %', 0.9, 6_000, independent({ errorRate: 0.01 }, { errorRate: 0.001 })],
    ['errors 1 % → 100 %', 1, 100, independent({ errorRate: 1 })],
    ['latencies + 10 %', 0, 6_000, independent({ slowdown: 1.1 })],
    ['latencies + 20 %', 0.9, 2_000, independent({ slowdown: 1.2 })],
    ['latencies + 50 %', 0.99, 1_000, independent({ slowdown: 1.5 })],
    ['a class 60 % → 50 % of answers', 0, 6_000, independent({ classes: [0.5, 0.35, 0.1, 0.04, 0.01] })],
    ['a class 60 % → 40 % of answers', 0.99, 2_000, independent({ classes: [0.4, 0.45, 0.1, 0.04, 0.01] })],
    ['a class 1 % → 3 % of answers', 0.9, 6_000, independent({ classes: [0.58, 0.25, 0.1, 0.04, 0.03] })],
    ['successes 20 % → 15 % (of 1 request in 8)', 0, 6_000, independent({ success: 0.15 })],
    ['successes 20 % → 10 % (of 1 request in 8)', 0.9, 6_000, independent({ success: 0.1 })],
    ['agreement 98 % instead of 99 % (of 1 request in 8)', 0.9, 6_000, independent({}, { agreement: 0.98 })],
  ])('is rolled back: %s', (name, least, canary, world) => {
    const summary = summarize('worse', (least === 0 ? 25 : 100) * SCALE, at5Percent(canary, world));
    rows.push(rowOf(name, canary, summary));
    expect(summary.share).toBeGreaterThanOrEqual(least);
  });
});

function rowOf(name: string, canary: number, { share, median, ninth }: Summary): string {
  return `| ${name} | ${percent(share)} within ${count(canary)} | ${count(median)} | ${count(ninth)} |`;
}
