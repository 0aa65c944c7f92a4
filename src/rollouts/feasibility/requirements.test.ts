import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fineNeeds, type JudgedTraffic, marginsThatWork, requirementsOf } from './requirements.js';

const AT_5_PERCENT: JudgedTraffic = { judge: {}, unit: 'requests', weight: 5 };
const canaryAt = (more: Partial<JudgedTraffic>) => fineNeeds({ ...AT_5_PERCENT, ...more })?.canary;

describe('what a verdict needs', () => {
  it('is announced for each metric that is judged', () => {
    const { fine, metrics } = requirementsOf({
      ...AT_5_PERCENT,
      judge: { latency: false, outcomes: {}, agreement: {} },
    });
    expect(fine).toEqual({ canary: 1_000, all: 20_000 });
    expect(metrics.map(({ name, fault }) => [name, fault])).toEqual([
      ['errors', '10 more of 100 requests fail'],
      ['answers', '30 more of 100 answers are the same one'],
      ['outcomes', 'outcomes are 0.3 lower on average'],
      ['agreement', '10 more of 100 answers differ'],
    ]);
    for (const { fine: toBeFine, worse } of metrics) expect(worse?.canary).toBeLessThan(toBeFine?.canary ?? 0);
  });

  it('grows as margins become narrower, as stable fails more, and as stable has fewer requests', () => {
    const needs = [
      canaryAt({ judge: { errors: { margin: 0.05 }, latency: { margin: 0.1 } } }),
      canaryAt({}),
      canaryAt({ judge: { errors: { margin: 0.01 } } }),
      canaryAt({ judge: { errors: { margin: 0.01 } }, rates: { errors: 0.05 } }),
      canaryAt({ judge: { errors: { margin: 0.01 } }, rates: { errors: 0.05 }, weight: 80 }),
    ];
    expect(needs).toEqual(needs.toSorted((one, other) => (one ?? 0) - (other ?? 0)));
    expect(new Set(needs).size).toBe(needs.length);
  });

  it('is larger where so much happens in a moment that blocks are larger', () => {
    const worse = (perSecond: number) => requirementsOf({ ...AT_5_PERCENT, perSecond }).metrics[0]?.worse?.all ?? 0;
    expect(worse(2_000)).toBeGreaterThan(worse(0));
    // One block multiplies the evidence by 2 at most, of 80.
    expect(worse(100_000)).toBeGreaterThanOrEqual(7 * 4_096);
  });

  it('is never enough where stable has no requests, or no difference is fine', () => {
    expect(fineNeeds({ ...AT_5_PERCENT, weight: 100 })).toBeUndefined();
    expect(fineNeeds({ ...AT_5_PERCENT, judge: { errors: { margin: 0 } } })).toBeUndefined();
    const tolerant = requirementsOf({ ...AT_5_PERCENT, judge: { errors: { tolerance: 100 } } });
    expect(tolerant.metrics[0]?.worse).toBeUndefined();
  });
});

it('a margin that works is one by which so many observations are enough', () => {
  const margins = marginsThatWork(AT_5_PERCENT, 400);
  expect(margins.map(({ name }) => name)).toEqual(['errors', 'latency', 'answers']);
  const judge = Object.fromEntries(margins.map(({ name, margin }) => [name, { margin }]));
  expect(canaryAt({ judge })).toBeLessThanOrEqual(400);
  expect(marginsThatWork(AT_5_PERCENT, 10_000)).toEqual([]);
  expect(marginsThatWork(AT_5_PERCENT, 0).map(({ margin }) => margin)).toEqual([1.01, 1.01, 1.01]);
});

it('the figures of docs/judge.md are those that are announced', () => {
  const page = readFileSync(path.join(import.meta.dirname, '../../../docs/judge.md'), 'utf8');
  const rows = page.split('until 10 more of 100 fail')[1]?.match(/^\| \d+ % \|.*$/gm) ?? [];
  const said = rows.map((row) => row.match(/[\d,]+/g)?.map((cell) => Number(cell.replace(',', ''))));
  const needed = [1, 5, 20, 50].map((weight) => {
    const { fine, metrics } = requirementsOf({ judge: {}, unit: 'requests', weight });
    return [weight, fine?.all, fine?.canary, ...metrics.map(({ worse }) => worse?.all)];
  });
  expect(said).toEqual(needed);
});
