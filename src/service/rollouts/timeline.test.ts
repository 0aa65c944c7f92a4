import { expect, it } from 'vitest';
import { Timeline } from './timeline.js';

const at = (atMs: number, weight = 5) => ({ atMs, weight, evidence: 0.1 });

it('keeps a point a second, and each change of the share', () => {
  const timeline = new Timeline();
  for (const point of [at(0), at(400), at(600, 25), at(900, 25), at(1_600, 25)]) timeline.add(point);
  expect(timeline.points).toEqual([at(0), at(600, 25), at(1_600, 25)]);
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
