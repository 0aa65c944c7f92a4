import { expect, it } from 'vitest';
import { createJudge } from '../../rollouts/index.js';
import { Timeline, timelinePoint } from './timeline.js';

const NEITHER = { latencyMs: undefined, answer: undefined };
const at = (atMs: number, weight = 5) => ({ atMs, weight, evidence: 0.1, metrics: [] });

it('keeps a point a second, and each change of the share', () => {
  const timeline = new Timeline();
  for (const point of [at(0), at(400), at(600, 25), at(900, 25), at(1_600, 25)]) timeline.add(point);
  expect(timeline.points).toEqual([at(0), at(600, 25), at(1_600, 25)]);
});

it('keeps the moment of each decision', () => {
  const timeline = new Timeline([at(0)]);
  timeline.add(at(1), { isDecided: true });
  timeline.add(at(2));
  expect(timeline.points).toEqual([at(0), at(1)]);
});

it('takes a point a second after hundreds of decisions in a moment', () => {
  const timeline = new Timeline([at(0)]);
  for (let count = 0; count < 1_000; count++) timeline.add(at(count), { isDecided: true });
  expect(timeline.points.length).toBeLessThanOrEqual(240);
  timeline.add(at(2_000));
  expect(timeline.points.at(-1)).toEqual(at(2_000));
});

it('keeps numbers of each metric to four digits, and takes at most 80 KiB a metric', () => {
  const judge = createJudge({ latency: false, answers: false });
  const timeline = new Timeline();
  for (let second = 0; second < 240; second++) {
    for (let count = 0; count < 100; count++) {
      const arm = count % 3 === 0 ? ('canary' as const) : ('stable' as const);
      judge.observe({ arm, share: 1 / 3, atMs: second * 1_000 + count * 10, failed: count % 31 === 0, ...NEITHER });
    }
    timeline.add(timelinePoint(second * 1_000, 33, judge.verdict()));
  }
  const { metrics = [], evidence } = timeline.points.at(-1) ?? {};
  const [verdict] = judge.verdict().metrics;
  expect(metrics).toEqual([
    {
      name: 'errors',
      kind: verdict?.kind,
      stable: Number(verdict?.stable?.toPrecision(4)),
      canary: Number(verdict?.canary?.toPrecision(4)),
      difference: {
        low: Number(verdict?.difference.low.toPrecision(4)),
        high: Number(verdict?.difference.high.toPrecision(4)),
      },
      margin: verdict?.margin,
      evidence: Number(verdict?.evidence.toPrecision(4)),
      limit: verdict?.limit,
      observations: verdict?.observations,
    },
  ]);
  expect(evidence).toBe((verdict?.evidence ?? 0) / (verdict?.limit ?? 0));
  expect(timeline.points).toHaveLength(240);
  expect(JSON.stringify(timeline.points).length).toBeLessThan(80 * 1_024);
});

it('stays small however long it takes, from its beginning to its end', () => {
  let timeline = new Timeline();
  for (let second = 0; second < 100_000; second++) {
    timeline.add(at(second * 1_000));
    // As after a restart.
    if (second % 9_999 === 0) timeline = new Timeline(JSON.parse(JSON.stringify(timeline.points)));
  }
  expect(timeline.points.length).toBeLessThanOrEqual(240);
  expect(timeline.points.length).toBeGreaterThan(100);
  expect(timeline.points[0]).toEqual(at(0));
  const seconds = Math.round((timeline.points.at(-1)?.atMs ?? 0) / 1_000);
  expect(seconds).toBeGreaterThan(99_000);
});
