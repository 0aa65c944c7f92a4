import { afterAll, describe, expect, it } from 'vitest';
import { readRecordedLatencies } from './recorded-latencies.js';
import type { Plan } from './rollout.js';
import { type Summary, summarize } from './summary.js';
import { independent, recorded, stormy } from './worlds.js';

/** How many times as many rollouts; the tables in docs/judge.md are made with 4, and printed with it. */
const SCALE = Number(process.env.MILLRACE_TEST_JUDGE_SCALE ?? 1);

const rows: string[] = [];
const percent = (share: number) => `${Number((share * 100).toFixed(2))} %`;
const count = (requests: number | undefined) => requests?.toLocaleString('en-US') ?? '–';

afterAll(() => {
  if (SCALE > 1) console.log(rows.join('\n'));
});

/** Canary's share goes up with the requests: 1, 5, 25, 50 %. */
const STEPS = { share: (index: number) => [0.01, 0.05, 0.25][Math.floor(index / 1_250)] ?? 0.5, until: { all: 5_000 } };

/** Ten thousand rollouts with all metrics, whose judge is asked after each request. */
describe('a canary that is like stable', () => {
  it.each([
    ['requests that know nothing of each other', 2_500, independent()],
    ['load that rises and falls, and outages', 2_500, stormy],
    ['recorded latencies', 5_000, recorded(readRecordedLatencies())],
  ])('is rolled back in at most 5 % of rollouts: %s', (name, runs, world) => {
    const { rolledBack, fine } = summarize({ ...STEPS, world }, runs * SCALE);
    rows.push(`| ${name} | ${count(runs * SCALE)} | ${percent(rolledBack)} | ${percent(fine)} |`);
    expect(rolledBack).toBeLessThanOrEqual(0.05);
  });
});

/** At 5 %, all metrics on. */
const at5Percent = (canary: number, world: Plan['world']) => ({ share: 0.05, until: { canary }, world });

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
    const summary = summarize(at5Percent(canary, world), (least === 0 ? 25 : 100) * SCALE);
    rows.push(rowOf(name, canary, summary));
    expect(summary.rolledBack).toBeGreaterThanOrEqual(least);
  });
});

function rowOf(name: string, canary: number, { rolledBack, median, ninth }: Summary): string {
  return `| ${name} | ${percent(rolledBack)} of ${count(canary)} | ${count(median)} | ${count(ninth)} |`;
}
