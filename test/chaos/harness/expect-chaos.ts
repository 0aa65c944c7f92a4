import { expect } from 'vitest';
import { ACCIDENTS } from './accidents.js';
import { ATTACKS } from './attacks.js';
import type { Adversity, ChaosOptions } from './chaos.js';
import { FOREIGN, KSERVE } from './dialects.js';
import { HEALTHY } from './models.js';
import { runChaos } from './run-chaos.js';
import { COUNTING, SUMMING } from './stateful-models.js';
import { TEXT_MODEL } from './text-model.js';

/** What each of them does to the server. */
const TROUBLES: Readonly<Record<Adversity, readonly string[]>> = {
  attackers: ['a stream is not read', 'bodies are unfinished'],
  'hang-ups': ['SIGHUP finds a new key', 'SIGHUP finds damaged settings', 'SIGHUP finds a key gone'],
  repositories: ACCIDENTS.map(({ name }) => name),
  'log reader': ['the log is read no more'],
  overlap: ['another server shares the store', 'another server owns the store', 'it owns the store'],
};

/** Runs chaos and expects that nobody but its causers has noticed any of it. */
export async function expectChaosToHarmNobody(options: ChaosOptions): Promise<void> {
  const { journal, explained, troubles, ...found } = await runChaos(options);
  const { seed, adversities = [] } = options;
  expect({
    seed,
    ...found,
    unexplained: found.unexplained.slice(0, 20),
    wrong: found.wrong.slice(0, 20),
    unlisted: journal.unlisted.slice(0, 20),
  }).toEqual({
    seed,
    lost: 0,
    unexplained: [],
    wrong: [],
    unlisted: [],
    faults: [],
    exits: adversities.includes('overlap') ? [0, 0] : [0],
    orphans: [],
    ready: true,
    leaked: { descriptors: 0, runners: 0, timers: 0 },
  });

  // It was chaos indeed.
  expect(journal.kills.length).toBeGreaterThan(0);
  expect(Object.keys(troubles).sort()).toEqual(adversities.flatMap((name) => TROUBLES[name]).sort());
  expect(Math.min(...Object.values(troubles), 1)).toBeGreaterThan(0);
  const attacks = adversities.includes('attackers') ? ATTACKS : [];
  const answers = attacks.flatMap((attack) => attack.answers.map((answer) => `${attack.name}: ${answer}`));
  expect([...journal.attacks.keys()]).toEqual(expect.arrayContaining(answers));
  expect(journal.lives).toHaveLength(HEALTHY.length + 1 + options.swaps);
  expect([...journal.spoken].sort()).toEqual([...FOREIGN, ...KSERVE].map(({ name }) => name).sort());
  expect(Object.keys(explained)).toEqual(expect.arrayContaining(['hung', 'drain']));
  const counts = [...HEALTHY.map(({ name }) => name), COUNTING, SUMMING, TEXT_MODEL].map((name) =>
    journal.countsOf(name),
  );
  expect(Math.min(...counts.map(({ right }) => right))).toBeGreaterThan(0);
  expect(counts.reduce((sum, { left }) => sum + left, 0)).toBeGreaterThan(0);
}
