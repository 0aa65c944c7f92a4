import { expect } from 'vitest';
import { type FuzzOptions, type FuzzReport, runFuzz } from './run.js';
import type { FuzzTarget } from './target.js';

/** What the heap may grow by in a long run: caches and counters that are bounded, not by what was sent. */
const MAX_GROWN_BYTES = 32 * 1_048_576;

/** Shots that may be done while the witness waits for one answer: a few of each lane. A server that prefers others exceeds it. */
const MAX_OVERTAKEN = 256;

/** Fuzzes a target and expects listed answers, right answers for the witness and no memory that stays taken. */
export async function expectNoHarm(target: FuzzTarget, options: FuzzOptions): Promise<FuzzReport> {
  const report = await runFuzz(target, options);
  const { problems, outcomes, witnessed } = report;
  expect({ target: target.name, seed: options.seed, problems }).toEqual({
    target: target.name,
    seed: options.seed,
    problems: [],
  });
  expect(witnessed).toBeGreaterThan(0);
  expect(report.mostOvertaken).toBeLessThan(MAX_OVERTAKEN);
  if (options.only === undefined) expect(target.reaches.filter((name) => !outcomes[name])).toEqual([]);
  if (options.durationMs !== undefined) expect(report.grownBytes).toBeLessThan(MAX_GROWN_BYTES);
  return report;
}
