import { expect } from 'vitest';
import { FOREIGN, KSERVE } from './dialects.js';
import { HEALTHY } from './models.js';
import { type ChaosOptions, runChaos } from './run-chaos.js';
import { COUNTING, SUMMING } from './stateful-models.js';

/** Runs chaos and expects that nobody but its causers has noticed any of it. */
export async function expectChaosToHarmNobody(options: ChaosOptions): Promise<void> {
  const { journal, explained, ...found } = await runChaos(options);
  const { seed } = options;
  expect({
    seed,
    ...found,
    unexplained: found.unexplained.slice(0, 20),
    wrong: journal.wrong.slice(0, 20),
  }).toEqual({
    seed,
    lost: 0,
    unexplained: [],
    wrong: [],
    faults: [],
    exit: 0,
    orphans: [],
    ready: true,
    leaked: { descriptors: 0, runners: 0, timers: 0 },
  });

  // It was chaos indeed.
  expect(journal.kills.length).toBeGreaterThan(0);
  expect(journal.lives).toHaveLength(HEALTHY.length + 1 + options.swaps);
  expect([...journal.spoken].sort()).toEqual([...FOREIGN, ...KSERVE].map(({ name }) => name).sort());
  expect(Object.keys(explained)).toEqual(expect.arrayContaining(['hung', 'drain']));
  const counts = [...HEALTHY.map(({ name }) => name), COUNTING, SUMMING].map((name) => journal.countsOf(name));
  expect(Math.min(...counts.map(({ right }) => right))).toBeGreaterThan(0);
  expect(counts.reduce((sum, { left }) => sum + left, 0)).toBeGreaterThan(0);
}
