import { expect } from 'vitest';
import { type FuzzOptions, runFuzz } from './run-fuzz.js';

/** Sends mutated requests, and expects documented answers for them and right ones for everybody else. */
export async function expectNoHarmByFuzz(options: FuzzOptions): Promise<void> {
  const { problems, sent, statuses, witnessed } = await runFuzz(options);
  const { seed } = options;
  expect({ seed, problems }).toEqual({ seed, problems: [] });
  expect(sent).toBe(options.requests);
  expect(witnessed).toBeGreaterThan(0);
  // Mutations go neither unnoticed nor all the same way.
  for (const status of [200, 400, 404, 405, 415, 501]) expect(statuses[status]).toBeGreaterThan(0);
}
